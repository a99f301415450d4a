#include "storage/gate_store.hpp"

#include "storage/keys.hpp"

namespace hive {
namespace {

constexpr auto where = column::votes;

template <class T>
caf::error visit_all(const database& db, const std::string& prefix,
                     const std::function<database::scan(const msg<T>&)>& visit_one) {
  caf::error damage;
  auto unreadable = db.visit(where, prefix, prefix, [&](auto key, auto value) {
    auto found = database::load_stored<T>(where, key, value);
    if (found)
      return visit_one(*found);
    damage = found.error();
    return database::scan::stop;
  });
  return unreadable ? unreadable : damage;
}

template <class T>
caf::expected<std::vector<msg<T>>> all_of(const database& db, const std::string& prefix) {
  std::vector<msg<T>> out;
  auto damage = visit_all<T>(db, prefix, [&](const msg<T>& each) {
    out.push_back(each);
    return database::scan::next;
  });
  if (damage)
    return damage;
  return out;
}

} // namespace

caf::expected<std::vector<msg<wire::StoredSlot>>> gate_store::statements() const {
  return all_of<wire::StoredSlot>(db_, keys::gate_statements());
}

caf::expected<std::vector<msg<wire::StoredSlot>>> gate_store::values() const {
  return all_of<wire::StoredSlot>(db_, keys::gate_values());
}

caf::error
gate_store::visit_decisions(uint8_t track,
                            const std::function<database::scan(const msg<wire::SealedRecord>&)>& visit_one) const {
  return visit_all(db_, keys::gate_decisions(track), visit_one);
}

caf::expected<std::optional<msg<wire::SealedRecord>>> gate_store::decision(uint8_t track, uint64_t position) const {
  return db_.get_msg<wire::SealedRecord>(where, keys::gate_decision(track, position));
}

caf::expected<std::vector<msg<wire::VerdictDocument>>> gate_store::judgements(std::string_view proposal) const {
  return all_of<wire::VerdictDocument>(db_, keys::gate_judgements(proposal));
}

caf::expected<bool> gate_store::is_notified(uint8_t track, uint64_t position) const {
  auto found = db_.get_msg<wire::NoticeRecord>(where, keys::gate_notice(track, position));
  if (!found)
    return found.error();
  return found->has_value();
}

void gate_store::put_statement(write_set& writes, uint8_t track, const msg<wire::StoredSlot>& slot) {
  writes.put(where, keys::gate_statement(slot->getSlot().getKind(), track), slot.bytes());
}

void gate_store::put_value(write_set& writes, uint8_t track, const msg<wire::StoredSlot>& slot) {
  writes.put(where, keys::gate_value(track), slot.bytes());
}

void gate_store::put_decision(write_set& writes, uint8_t track, uint64_t position,
                              const msg<wire::SealedRecord>& record) {
  writes.put(where, keys::gate_decision(track, position), record.bytes());
}

void gate_store::put_judgement(write_set& writes, std::string_view proposal, std::string_view sha256,
                               const msg<wire::VerdictDocument>& document) {
  writes.put(where, keys::gate_judgement(proposal, sha256), document.bytes());
}

void gate_store::put_notice(write_set& writes, uint8_t track, uint64_t position,
                            const msg<wire::NoticeRecord>& record) {
  writes.put(where, keys::gate_notice(track, position), record.bytes());
}

void gate_store::forget_before(write_set& writes, uint8_t track, uint64_t position) {
  writes.erase_range(where, keys::gate_decisions(track), keys::gate_decision(track, position));
  writes.erase_range(where, keys::gate_notices(track), keys::gate_notice(track, position));
}

void gate_store::forget_judgements(write_set& writes, std::string_view proposal) {
  auto prefix = keys::gate_judgements(proposal);
  writes.erase_range(where, prefix, keys::after_prefix(prefix).value_or(std::string{}));
}

} // namespace hive
