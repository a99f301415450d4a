#include "storage/audit_store.hpp"

#include "storage/keys.hpp"

#include <limits>
#include <vector>

namespace hive {
namespace {

/// Records that one page may look at: a few milliseconds.
constexpr size_t max_looks = 10'000;

} // namespace

caf::expected<audit_store::range> audit_store::numbers() const {
  range out;
  auto take = [](uint64_t& into) {
    return [&into](std::string_view key, std::string_view) {
      into = keys::number_of_audit(key);
      return database::scan::stop;
    };
  };
  if (auto err = db_.visit(column::audit, {}, {}, take(out.first)))
    return err;
  if (auto err = db_.visit_back(column::audit, {}, keys::audit(std::numeric_limits<uint64_t>::max()), take(out.last)))
    return err;
  return out;
}

caf::expected<std::optional<msg<wire::AuditRecord>>> audit_store::find(uint64_t number) const {
  return db_.get_msg<wire::AuditRecord>(column::audit, keys::audit(number));
}

caf::expected<msg<wire::AuditPage>> audit_store::page(wire::AuditQuery::Reader query) const {
  std::vector<msg<wire::AuditRecord>> found;
  caf::error damage;
  size_t looks = 0;
  uint64_t next = 0; // the last number that was looked at, if there is more
  auto before = query.getBefore() == 0 ? std::numeric_limits<uint64_t>::max() : query.getBefore();
  auto unreadable = db_.visit_back(column::audit, {}, keys::audit(before), [&](auto key, auto value) {
    if (found.size() == query.getLimit() || looks++ == max_looks)
      return database::scan::stop;
    auto record = database::load_stored<wire::AuditRecord>(column::audit, key, value);
    if (!record) {
      damage = record.error();
      return database::scan::stop;
    }
    next = (*record)->getNumber();
    // Not the end: the clock may have been set.
    if ((*record)->getAt() >= query.getSince())
      found.push_back(std::move(*record));
    return database::scan::next;
  });
  if (unreadable || damage)
    return unreadable ? unreadable : damage;
  bool is_last = found.size() < query.getLimit() && looks <= max_looks;
  return msg<wire::AuditPage>::build([&](wire::AuditPage::Builder out) {
    auto records = out.initRecords(static_cast<uint32_t>(found.size()));
    for (uint32_t i = 0; i < records.size(); ++i)
      records.setWithCaveats(i, *found[i]);
    if (!is_last)
      out.setNext(next);
  });
}

void audit_store::put(write_set& writes, const msg<wire::AuditRecord>& record) {
  writes.put(column::audit, keys::audit(record->getNumber()), record.bytes());
}

void audit_store::forget(write_set& writes, uint64_t number) {
  writes.erase(column::audit, keys::audit(number));
}

} // namespace hive
