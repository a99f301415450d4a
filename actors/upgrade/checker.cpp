#include "actors/upgrade/checker.hpp"

#include "actors/upgrade/verdict_event.hpp"
#include "analysis/upgrade_check.hpp"
#include "storage/snapshot_store.hpp"

#include <caf/all.hpp>
#include <unordered_map>

namespace hive {
namespace {

std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

// The analysis works on plain numbers; its enums mirror the schema's in the same order.
static_assert(static_cast<int>(analysis::direction::lower) == static_cast<int>(wire::Direction::LOWER));
static_assert(static_cast<int>(analysis::outcome::error) == static_cast<int>(wire::AdapterStatus::ERROR));
static_assert(static_cast<int>(analysis::policy::strict) == static_cast<int>(wire::Policy::STRICT));
static_assert(static_cast<int>(analysis::verdict::inconclusive) == static_cast<int>(wire::Verdict::INCONCLUSIVE));

/// One side of the comparison, with the memory that its views point into.
class side {
public:
  explicit side(const std::optional<msg<wire::Snapshot>>& snapshot) {
    if (!snapshot)
      return;
    auto source = **snapshot;
    std::unordered_map<std::string_view, wire::Tier> tiers;
    for (auto adapter : source.getAdapters()) {
      adapters_.push_back(
        {view(adapter.getName()), static_cast<analysis::outcome>(adapter.getStatus()), view(adapter.getReason())});
      tiers.emplace(view(adapter.getName()), adapter.getTier());
    }
    metrics_.reserve(source.getMetrics().size());
    for (auto metric : source.getMetrics()) {
      auto tier = tiers.find(view(metric.getAdapter()));
      metrics_.push_back({view(metric.getAdapter()), bare_name(metric), metric.getValue(),
                          static_cast<analysis::direction>(metric.getDirection()),
                          tier == tiers.end() || tier->second == wire::Tier::FAST, view(metric.getScope())});
    }
    points_ = {true, view(source.getEnvironment().getFingerprint()), metrics_, adapters_};
  }

  side(const side&) = delete;
  side& operator=(const side&) = delete;

  const analysis::version_points& points() const {
    return points_;
  }

private:
  std::vector<analysis::metric_point> metrics_;
  std::vector<analysis::adapter_point> adapters_;
  analysis::version_points points_;
};

void write(const std::vector<analysis::metric_change>& changes, capnp::List<wire::MetricChange>::Builder out) {
  for (uint32_t i = 0; i < changes.size(); ++i) {
    out[i].setAdapter(std::string{changes[i].adapter});
    out[i].setMetric(std::string{changes[i].metric});
    out[i].setOld(changes[i].old_value);
    out[i].setNew(changes[i].new_value);
    out[i].setChangePct(changes[i].change_pct);
    out[i].setDirection(static_cast<wire::Direction>(changes[i].better));
  }
}

void write(const std::vector<analysis::missing_metric>& missing, capnp::List<wire::MissingMetric>::Builder out) {
  for (uint32_t i = 0; i < missing.size(); ++i) {
    out[i].setAdapter(std::string{missing[i].adapter});
    out[i].setMetric(std::string{missing[i].metric});
    out[i].setReason(missing[i].reason);
  }
}

/// A missing snapshot is a case of the comparison, anything else that keeps one from being read is an error.
caf::expected<std::optional<msg<wire::Snapshot>>> find(const database& db, capnp::Text::Reader version) {
  auto found = snapshot_store{db}.latest(view(version));
  if (found)
    return std::optional{std::move(*found)};
  if (code_of(found.error()) == ec::not_found)
    return std::optional<msg<wire::Snapshot>>{};
  return found.error();
}

caf::expected<msg<wire::UpgradeCheck>> check(const database& db, const msg<wire::UpgradeQuery>& query) {
  auto old_snapshot = find(db, query->getOld());
  if (!old_snapshot)
    return old_snapshot.error();
  auto new_snapshot = find(db, query->getNew());
  if (!new_snapshot)
    return new_snapshot.error();
  return compare_snapshots(*query, *old_snapshot, *new_snapshot);
}

struct checker_state {
  static inline const char* name = "upgrade checker";

  verdict_teller told{defaults::max_told_verdicts};
};

upgrade_checker_actor::behavior_type checker(upgrade_checker_actor::stateful_pointer<checker_state> self,
                                             std::shared_ptr<database> db, event_sink_actor events) {
  return {[self, db, events](const msg<wire::UpgradeQuery>& query) -> caf::result<msg<wire::UpgradeCheck>> {
    auto given = check(*db, query);
    if (!given)
      return given.error();
    if (auto event = self->state.told.tell(*given))
      self->send(events, *event);
    return *given;
  }};
}

} // namespace

msg<wire::UpgradeCheck> compare_snapshots(wire::UpgradeQuery::Reader query,
                                          const std::optional<msg<wire::Snapshot>>& old_snapshot,
                                          const std::optional<msg<wire::Snapshot>>& new_snapshot) {
  side old_side{old_snapshot};
  side new_side{new_snapshot};
  auto result =
    analysis::check_upgrade(old_side.points(), new_side.points(), static_cast<analysis::policy>(query.getPolicy()));
  return msg<wire::UpgradeCheck>::build([&](wire::UpgradeCheck::Builder out) {
    out.setOld(query.getOld());
    out.setNew(query.getNew());
    out.setPolicy(query.getPolicy());
    out.setSafe(result.decided == analysis::verdict::safe);
    out.setVerdict(static_cast<wire::Verdict>(result.decided));
    out.setReason(result.reason);
    out.setCompared(result.compared);
    write(result.regressions, out.initRegressions(static_cast<uint32_t>(result.regressions.size())));
    write(result.improvements, out.initImprovements(static_cast<uint32_t>(result.improvements.size())));
    write(result.missing, out.initMissing(static_cast<uint32_t>(result.missing.size())));
  });
}

upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, std::shared_ptr<database> db,
                                            event_sink_actor events) {
  return system.spawn(checker, std::move(db), std::move(events));
}

} // namespace hive
