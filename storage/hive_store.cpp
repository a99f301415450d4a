#include "storage/hive_store.hpp"

#include "messages/text.hpp"

namespace hive {
namespace {

template <class T>
caf::error visit_all(const database& db, const std::string& prefix,
                     const std::function<caf::error(typename T::Reader)>& use, column of = column::hive) {
  caf::error wrong;
  auto unreadable = db.visit(of, prefix, prefix, [&](auto key, auto value) {
    auto stored = database::load_stored<T>(of, key, value);
    wrong = stored ? use(**stored) : stored.error();
    return wrong ? database::scan::stop : database::scan::next;
  });
  return unreadable ? unreadable : wrong;
}

} // namespace

caf::error hive_store::visit_slots(const std::function<caf::error(wire::StoredSlot::Reader)>& visit_slot) const {
  return visit_all<wire::StoredSlot>(db_, keys::hive_slots(), visit_slot);
}

caf::error
hive_store::visit_proofs(const std::function<caf::error(wire::EquivocationProof::Reader)>& visit_proof) const {
  return visit_all<wire::EquivocationProof>(db_, keys::equivocation_proofs(), visit_proof);
}

caf::error
hive_store::visit_contradictions(const std::function<caf::error(wire::EquivocationProof::Reader)>& visit_proof) const {
  return visit_all<wire::EquivocationProof>(db_, keys::contradiction_proofs(), visit_proof);
}

caf::error
hive_store::visit_revocations(const std::function<caf::error(wire::StoredRevocationList::Reader)>& visit_list) const {
  return visit_all<wire::StoredRevocationList>(db_, keys::revocation_lists(), visit_list, column::meta);
}

void hive_store::put_slot(write_set& writes, std::string_view origin, const msg<wire::StoredSlot>& slot) {
  auto what = slot->getSlot();
  writes.put(column::hive, keys::hive_slot(origin, what.getKind(), as_view(what.getKey())), slot.bytes());
}

void hive_store::put_proof(write_set& writes, std::string_view origin, const msg<wire::EquivocationProof>& proof) {
  writes.put(column::hive, keys::equivocation_proof(origin), proof.bytes());
}

void hive_store::put_contradiction(write_set& writes, std::string_view origin,
                                   const msg<wire::EquivocationProof>& proof) {
  writes.put(column::hive, keys::contradiction_proof(origin), proof.bytes());
}

void hive_store::put_revocations(write_set& writes, std::string_view ca, std::string_view der) {
  auto stored = msg<wire::StoredRevocationList>::build([&](wire::StoredRevocationList::Builder out) {
    out.setList({reinterpret_cast<const kj::byte*>(der.data()), der.size()});
  });
  writes.put(column::meta, keys::revocation_lists() + std::string{ca}, stored.bytes());
}

void hive_store::erase_origin(write_set& writes, std::string_view origin) {
  auto slots = keys::hive_slots() + std::string{origin} + "/";
  writes.erase_range(column::hive, slots, *keys::after_prefix(slots));
  writes.erase(column::hive, keys::equivocation_proof(origin));
  writes.erase(column::hive, keys::contradiction_proof(origin));
}

} // namespace hive
