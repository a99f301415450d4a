#include "actors/gpu/lease_history.hpp"

#include "actors/defaults.hpp"
#include "actors/gpu/lease_record.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <vector>

namespace hive {

caf::error lease_history::open(std::shared_ptr<const database> db) {
  db_ = std::move(db);
  std::vector<std::pair<std::string, gpu::duration>> newest_first;
  auto failure = lease_store{*db_}.visit_ended({}, [&](const msg<wire::Lease>& each) {
    if (each->getOutcome() == wire::LeaseOutcome::RELEASED)
      newest_first.emplace_back(as_view(each->getHolder()), gpu::duration{each->getEndedAt() - each->getGrantedAt()});
    latest_ = std::max(latest_, gpu::instant{each->getEndedAt()});
    return ++count_ < defaults::max_ended_leases ? database::scan::next : database::scan::stop;
  });
  for (auto each = newest_first.rbegin(); each != newest_first.rend(); ++each)
    durations_.add(each->first, each->second);
  return failure;
}

void lease_history::add(const gpu::lease& ended, write_set& writes) {
  if (ended.outcome == wire::LeaseOutcome::RELEASED)
    durations_.add(ended.asked.holder, ended.ended_at - ended.granted_at);
  if (++count_ < defaults::max_ended_leases + defaults::max_ended_leases / 10)
    return;
  count_ = 0;
  auto failure = lease_store{*db_}.visit_ended({}, [&](const msg<wire::Lease>& each) {
    if (++count_ < defaults::max_ended_leases)
      return database::scan::next;
    if (auto oldest = lease_id_of(as_view(each->getId())))
      lease_store::forget_before(writes, *oldest);
    return database::scan::stop;
  });
  if (failure)
    log::warn("Old GPU leases are not removed from the store: {}", text_of(failure));
}

caf::expected<msg<wire::LeaseHistory>> lease_history::page(wire::LeaseHistoryQuery::Reader query) const {
  auto after = lease_id_of(as_view(query.getAfter()));
  if (query.getAfter().size() > 0 && !after)
    return fail(ec::invalid, "after: no lease has the id " + std::string{as_view(query.getAfter())});
  std::vector<msg<wire::Lease>> page;
  bool has_more = false;
  auto failure = lease_store{*db_}.visit_ended(after.value_or(lease_id{}), [&](const msg<wire::Lease>& each) {
    if (query.getHolder().size() > 0 && query.getHolder() != each->getHolder())
      return database::scan::next;
    has_more = page.size() == query.getLimit();
    if (!has_more)
      page.push_back(without_secrets(each));
    return has_more ? database::scan::stop : database::scan::next;
  });
  if (failure)
    return failure;
  return msg<wire::LeaseHistory>::build([&](wire::LeaseHistory::Builder out) {
    auto leases = out.initLeases(static_cast<uint32_t>(page.size()));
    for (uint32_t i = 0; i < leases.size(); ++i)
      leases.setWithCaveats(i, *page[i]);
    if (has_more)
      out.setNext(page.back()->getId());
  });
}

caf::expected<std::optional<msg<wire::Lease>>> lease_history::find(lease_id id) const {
  auto found = lease_store{*db_}.find_ended(id);
  if (!found || !*found)
    return found;
  return std::optional{without_secrets(**found)};
}

} // namespace hive
