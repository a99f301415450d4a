#include "actors/upgrade/checker.hpp"

#include "actors/defaults.hpp"
#include "actors/upgrade/rules_of.hpp"
#include "actors/upgrade/to_environment.hpp"
#include "actors/upgrade/verdict_event.hpp"
#include "analysis/similar_names.hpp"
#include "analysis/upgrade_check.hpp"
#include "messages/snapshot.hpp"
#include "messages/text.hpp"
#include "storage/snapshot_store.hpp"

#include <caf/all.hpp>
#include <capnp/message.h>
#include <span>
#include <unordered_map>

namespace hive {
namespace {

// The analysis has no dependency on the schema; its enums mirror the schema's, in the same order.
static_assert(static_cast<int>(analysis::direction::lower) == static_cast<int>(wire::Direction::LOWER));
static_assert(static_cast<int>(analysis::outcome::error) == static_cast<int>(wire::AdapterStatus::ERROR));
static_assert(static_cast<int>(analysis::quality::simulated) == static_cast<int>(wire::RunQuality::SIMULATED));
static_assert(static_cast<int>(analysis::policy::strict) == static_cast<int>(wire::Policy::STRICT));
static_assert(static_cast<int>(analysis::finding_order::snapshot) == static_cast<int>(wire::FindingOrder::SNAPSHOT));
static_assert(static_cast<int>(analysis::verdict::inconclusive) == static_cast<int>(wire::Verdict::INCONCLUSIVE));

/// Bytes of an adapter's disturbance in an answer, as in its schema.
constexpr size_t max_disturbance_bytes = 1'000;
/// Adapters in an answer whose evidence is told, as in its schema.
constexpr size_t max_listed_measured = 1'000;

using configured = std::span<const analysis::configured_rules>;

/// One side of the comparison; keeps the memory that its views refer to.
class side {
public:
  side(capnp::Text::Reader version, const version_side& given, configured rules) : rules_{rules} {
    points_.version = as_view(version);
    points_.similar = given.similar;
    if (given.snapshot)
      read(**given.snapshot);
  }

  side(const side&) = delete;
  side& operator=(const side&) = delete;

  const analysis::version_points& points() const {
    return points_;
  }

  /// The adapter, if it has evidence of how it measured.
  const analysis::adapter_point* find_measured(std::string_view adapter) const {
    auto found = measured_.find(adapter);
    return found == measured_.end() ? nullptr : &adapters_[found->second];
  }

  /// The names of those, in the snapshot's order.
  const std::vector<std::string_view>& measured() const {
    return measured_names_;
  }

private:
  void read(wire::Snapshot::Reader source) {
    std::unordered_map<std::string_view, wire::Tier> tiers;
    for (auto adapter : source.getAdapters()) {
      adapters_.push_back({as_view(adapter.getName()), static_cast<analysis::outcome>(adapter.getStatus()),
                           as_view(adapter.getReason())});
      tiers.emplace(as_view(adapter.getName()), adapter.getTier());
      if (adapter.hasEvidence())
        add_evidence(adapter.getEvidence());
    }
    metrics_.reserve(source.getMetrics().size());
    std::string_view adapter; // an adapter's metrics are mostly adjacent
    bool fast = true;
    for (auto metric : source.getMetrics()) {
      if (as_view(metric.getAdapter()) != adapter) {
        adapter = as_view(metric.getAdapter());
        auto tier = tiers.find(adapter);
        fast = tier == tiers.end() || tier->second == wire::Tier::FAST;
      }
      metrics_.push_back(to_point(metric, fast));
    }
    points_.present = true;
    points_.taken_on = to_environment(source.getEnvironment());
    points_.metrics = metrics_;
    points_.adapters = adapters_;
  }

  /// What an uploaded snapshot says of itself is taken as it is, like its values.
  void add_evidence(wire::RunEvidence::Reader evidence) {
    auto& adapter = adapters_.back();
    adapter.measured = static_cast<analysis::quality>(evidence.getQuality());
    for (auto reason : evidence.getReasons()) {
      if (adapter.disturbance.size() >= max_disturbance_bytes)
        break;
      adapter.disturbance += (adapter.disturbance.empty() ? "" : "; ") + std::string{as_view(reason)};
    }
    adapter.disturbance.resize(cut_text(adapter.disturbance, max_disturbance_bytes).size());
    if (measured_.emplace(adapter.name, adapters_.size() - 1).second)
      measured_names_.push_back(adapter.name);
  }

  analysis::metric_point to_point(wire::Metric::Reader metric, bool fast) const {
    analysis::metric_point out{as_view(metric.getAdapter()),
                               bare_name(metric),
                               metric.getValue(),
                               static_cast<analysis::direction>(metric.getDirection()),
                               fast,
                               as_view(metric.getScope()),
                               as_view(metric.getUnit())};
    auto rules = rules_of(metric, rules_);
    out.gate = rules.gate;
    out.absolute_margin = rules.absolute_margin;
    out.floor = rules.floor;
    out.same_environment = rules.same_environment;
    return out;
  }

  configured rules_;
  std::vector<analysis::metric_point> metrics_;
  std::vector<analysis::adapter_point> adapters_;
  std::unordered_map<std::string_view, size_t> measured_; ///< adapters with evidence, by name
  std::vector<std::string_view> measured_names_;
  analysis::version_points points_;
};

/// Number of these findings that the answer lists.
template <class Finding>
uint32_t listed(const std::vector<Finding>& findings) {
  return static_cast<uint32_t>(std::min(findings.size(), defaults::max_listed_findings));
}

// The functions below write texts in place, since there may be ten thousand of them.

uint32_t size_of(std::string_view text) {
  return static_cast<uint32_t>(text.size());
}

void put(capnp::Text::Builder out, std::string_view text) {
  text.copy(out.begin(), text.size());
}

void write(const std::vector<analysis::metric_change>& changes, capnp::List<wire::MetricChange>::Builder out) {
  for (uint32_t i = 0; i < out.size(); ++i) {
    put(out[i].initAdapter(size_of(changes[i].adapter)), changes[i].adapter);
    put(out[i].initMetric(size_of(changes[i].metric)), changes[i].metric);
    out[i].setOld(changes[i].old_value);
    out[i].setNew(changes[i].new_value);
    out[i].setChangePct(changes[i].change_pct);
    out[i].setDirection(static_cast<wire::Direction>(changes[i].better));
    put(out[i].initUnit(size_of(changes[i].unit)), changes[i].unit);
    out[i].setFloor(changes[i].floor);
  }
}

void write(const std::vector<analysis::missing_metric>& missing, capnp::List<wire::MissingMetric>::Builder out) {
  for (uint32_t i = 0; i < out.size(); ++i) {
    out[i].setAdapter(std::string{missing[i].adapter});
    out[i].setMetric(std::string{missing[i].metric});
    out[i].setReason(missing[i].reason);
    out[i].setBlocks(missing[i].blocks);
    out[i].setOld(missing[i].old_value);
    out[i].setNew(missing[i].new_value);
    out[i].setOldUnit(std::string{missing[i].old_unit});
    out[i].setNewUnit(std::string{missing[i].new_unit});
  }
}

/// Adapters with evidence on either side, those of the new side first.
std::vector<std::string_view> find_measured(const side& old_side, const side& new_side) {
  auto out = new_side.measured();
  for (auto adapter : old_side.measured())
    if (!new_side.find_measured(adapter))
      out.push_back(adapter);
  out.resize(std::min(out.size(), max_listed_measured));
  return out;
}

void write(const side& old_side, const side& new_side, wire::UpgradeCheck::Builder answer) {
  auto adapters = find_measured(old_side, new_side);
  auto out = answer.initMeasured(static_cast<uint32_t>(adapters.size()));
  auto put_side = [](const analysis::adapter_point& from, wire::MeasuredSide::Builder to) {
    to.setQuality(static_cast<wire::RunQuality>(from.measured));
    to.setReason(from.disturbance);
  };
  for (uint32_t i = 0; i < out.size(); ++i) {
    out[i].setAdapter(std::string{adapters[i]});
    if (const auto* old_adapter = old_side.find_measured(adapters[i]))
      put_side(*old_adapter, out[i].initOld());
    if (const auto* new_adapter = new_side.find_measured(adapters[i]))
      put_side(*new_adapter, out[i].initNew());
  }
}

/// Words to pre-allocate, so that the answer fits one segment: an answer that grew would be copied at the end, which
/// costs more than everything else. Generous, because unused room costs nothing.
uint32_t words_of(const analysis::upgrade_result& result) {
  constexpr size_t words_for_head = 1'024, words_for_finding = 14;
  constexpr size_t most = 1 << 22; // 32 MiB; larger answers grow
  auto words_of_texts = [](auto... texts) { return (0 + ... + texts.size()) / sizeof(capnp::word); };
  size_t words = words_for_head;
  for (const auto* list : {&result.regressions, &result.improvements, &result.ungated})
    for (const auto& change : *list)
      words += words_for_finding + words_of_texts(change.adapter, change.metric, change.unit);
  for (const auto& each : result.missing)
    words += words_for_finding +
             words_of_texts(each.adapter, each.metric, std::string_view{each.reason}, each.old_unit, each.new_unit);
  return static_cast<uint32_t>(std::min(words, most));
}

/// Versions with a snapshot for which `version` may be a typo. Omits `other`, the query's other version.
caf::expected<std::vector<std::string>> find_similar(const snapshot_store& store, std::string_view version,
                                                     std::string_view other) {
  constexpr size_t most = 3;
  auto known = store.versions(defaults::max_similar_candidates);
  if (!known)
    return known.error();
  std::erase(*known, other);
  return analysis::similar_names(version, *known, most);
}

/// A missing snapshot is part of the comparison; any other failure to read one is an error.
caf::expected<version_side> find(const database& db, capnp::Text::Reader version, capnp::Text::Reader other) {
  snapshot_store store{db};
  auto found = store.latest(as_view(version));
  if (found)
    return version_side{std::move(*found), {}};
  if (code_of(found.error()) != ec::not_found)
    return found.error();
  auto similar = find_similar(store, as_view(version), as_view(other));
  if (!similar)
    return similar.error();
  return version_side{std::nullopt, std::move(*similar)};
}

caf::expected<msg<wire::UpgradeCheck>> check(const database& db, const msg<wire::UpgradeQuery>& query,
                                             const upgrade_checker_options& options) {
  auto old_side = find(db, query->getOld(), query->getNew());
  if (!old_side)
    return old_side.error();
  auto new_side = find(db, query->getNew(), query->getOld());
  if (!new_side)
    return new_side.error();
  return compare_snapshots(*query, *old_side, *new_side, options);
}

struct checker_state {
  static inline const char* name = "upgrade checker";

  verdict_deduplicator verdicts{defaults::max_told_verdicts};
};

upgrade_checker_actor::behavior_type checker(upgrade_checker_actor::stateful_pointer<checker_state> self,
                                             const upgrade_checker_services& services,
                                             const upgrade_checker_options& options) {
  return {[self, services, options](const msg<wire::UpgradeQuery>& query) -> caf::result<msg<wire::UpgradeCheck>> {
    auto given = check(*services.db, query, options);
    if (!given)
      return given.error();
    if (auto event = self->state.verdicts.event_if_new(*given))
      self->send(services.events, *event);
    return *given;
  }};
}

} // namespace

msg<wire::UpgradeCheck> compare_snapshots(wire::UpgradeQuery::Reader query, const version_side& old_version,
                                          const version_side& new_version, const upgrade_checker_options& options) {
  auto rules = query.getPolicy() == wire::Policy::THRESHOLD ? configured{} : configured{options.rules};
  side old_side{query.getOld(), old_version, rules};
  side new_side{query.getNew(), new_version, rules};
  auto result =
    analysis::check_upgrade(old_side.points(), new_side.points(), static_cast<analysis::policy>(query.getPolicy()),
                            static_cast<analysis::finding_order>(query.getOrder()));
  auto left_out = [](const auto&... lists) { return (0 + ... + (lists.size() - listed(lists))); };
  capnp::MallocMessageBuilder answer{words_of(result)};
  auto out = answer.initRoot<wire::UpgradeCheck>();
  out.setOld(query.getOld());
  out.setNew(query.getNew());
  out.setPolicy(query.getPolicy());
  out.setSafe(result.decided == analysis::verdict::safe);
  out.setVerdict(static_cast<wire::Verdict>(result.decided));
  out.setReason(result.reason);
  out.setCompared(result.compared);
  write(result.regressions, out.initRegressions(listed(result.regressions)));
  write(result.improvements, out.initImprovements(listed(result.improvements)));
  write(result.missing, out.initMissing(listed(result.missing)));
  write(result.ungated, out.initUngated(listed(result.ungated)));
  write(old_side, new_side, out);
  out.setLeftOut(
    static_cast<uint32_t>(left_out(result.regressions, result.improvements, result.missing, result.ungated)));
  return msg<wire::UpgradeCheck>::adopt(answer);
}

upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, upgrade_checker_services services,
                                            upgrade_checker_options options) {
  return system.spawn(checker, std::move(services), std::move(options));
}

} // namespace hive
