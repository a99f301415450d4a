#include "analysis/upgrade_check.hpp"

#include "analysis/shorten.hpp"
#include "analysis/verdict_reason.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

namespace hive::analysis {
namespace {

struct metric_key {
  std::string_view adapter;
  std::string_view name;
  bool operator==(const metric_key&) const = default;
};

struct metric_key_hash {
  size_t operator()(const metric_key& key) const {
    std::hash<std::string_view> hash;
    return hash(key.adapter) * 31 + hash(key.name);
  }
};

using adapter_index = std::unordered_map<std::string_view, const adapter_point*>;
using metric_index = std::unordered_map<metric_key, const metric_point*, metric_key_hash>;

/// How much worse `now` is than `was`; negative when better.
double loss(double was, double now, direction better) {
  return better == direction::higher ? was - now : now - was;
}

/// HART OS's rule with its exact operations, since rounding decides at the boundary.
bool is_worse_by_share(double was, double now, direction better) {
  return better == direction::higher ? now < was * (1 - regression_share) : now > was * (1 + regression_share);
}

bool is_better_by_share(double was, double now, direction better) {
  return better == direction::higher ? now > was * (1 + regression_share) : now < was * (1 - regression_share);
}

double change_pct(double was, double now) {
  return was == 0 ? std::numeric_limits<double>::quiet_NaN() : (now - was) / std::abs(was) * 100;
}

/// Size limits for reasons: a result may hold thousands, and the snapshot has the adapter's full text.
constexpr size_t max_adapter_reason_bytes = 500;
constexpr size_t max_metric_reason_bytes = 300;
constexpr size_t max_version_bytes = 64;
/// With all around it within a metric's reason: of one side, and of each of two.
constexpr size_t max_disturbance_bytes = 180;
constexpr size_t max_disturbance_of_two_bytes = 80;

/// Scope of metrics that a program computed on a simulated device.
constexpr std::string_view simulated_scope = "simulated";

/// Whether what is missing blocks.
bool fails_closed(policy rule) {
  return rule != policy::threshold;
}

/// Outcome of comparing one metric.
enum class finding : uint8_t { same, worse, better, unknown };

/// Judges an old value ≤ 0, of which 5% is meaningless, by the margins of both sides.
finding judge_by_margin(const metric_point& was, const metric_point& now) {
  auto lost = loss(was.value, now.value, was.better);
  if (lost == 0)
    return finding::same;
  // NaN means that a side states no margin; fmin and fmax ignore it.
  auto least = std::fmin(was.absolute_margin, now.absolute_margin);
  auto most = std::fmax(was.absolute_margin, now.absolute_margin);
  if (std::isnan(least))
    return finding::unknown;
  if (lost > most)
    return finding::worse;
  if (std::isnan(was.absolute_margin) && lost > 0) // only the new version states a margin, and cannot grant itself one
    return finding::unknown;
  if (lost > least)
    return finding::unknown;
  return lost < -most ? finding::better : finding::same;
}

bool is_beyond(double value, double floor, direction better) {
  return loss(floor, value, better) > 0; // false for NaN: no floor
}

/// Judges by the floors of both sides, of which the old side states one.
finding judge_by_floor(const metric_point& was, const metric_point& now, policy rule) {
  auto own = std::isnan(now.floor) ? was.floor : now.floor;
  bool beyond_old = is_beyond(now.value, was.floor, was.better), beyond_new = is_beyond(now.value, own, was.better);
  if (beyond_old != beyond_new && fails_closed(rule))
    return finding::unknown;
  if (beyond_old || beyond_new)
    return finding::worse;
  return is_beyond(was.value, was.floor, was.better) ? finding::better : finding::same;
}

/// The floor that decided about a metric; NaN when none did.
double deciding_floor(const metric_point& was, const metric_point& now) {
  return std::isnan(was.floor) && is_beyond(now.value, now.floor, now.better) ? now.floor : was.floor;
}

/// A metric with a floor is judged by it alone.
bool is_judged_by_floor(const metric_point& was, const metric_point& now) {
  return !std::isnan(was.floor) || is_beyond(now.value, now.floor, now.better);
}

finding judge(const metric_point& was, const metric_point& now, policy rule) {
  if (!std::isnan(was.floor))
    return judge_by_floor(was, now, rule);
  if (is_beyond(now.value, now.floor, now.better))
    return finding::worse;
  if (was.value == now.value)
    return finding::same;
  if (rule == policy::strict && was.value <= 0)
    return judge_by_margin(was, now);
  if (is_worse_by_share(was.value, now.value, was.better))
    return finding::worse;
  return is_better_by_share(was.value, now.value, was.better) ? finding::better : finding::same;
}

std::string margin_fault(const metric_point& was, const metric_point& now) {
  if (!std::isnan(was.floor))
    return "the two versions state different floors, and it is beyond one of them: " +
           describe_value(was.floor, was.unit) + " and " + describe_value(now.floor, now.unit);
  std::string what = "an old value of zero or less is judged by an absolute_margin, and ";
  if (std::isnan(was.absolute_margin) && std::isnan(now.absolute_margin))
    return what + "neither version states one";
  if (std::isnan(was.absolute_margin))
    return what + "only the new version states one";
  return what + "the two versions state different ones: " + describe_value(was.absolute_margin, was.unit) + " and " +
         describe_value(now.absolute_margin, now.unit);
}

std::string_view name_of(direction better) {
  return better == direction::higher ? "higher" : "lower";
}

bool is_simulated(const metric_point& metric) {
  return metric.scope == simulated_scope;
}

/// Why the two values do not measure the same quantity; empty when they do.
std::string meaning_fault(const metric_point& was, const metric_point& now, policy rule) {
  auto changed = [](const char* what, std::string_view from, std::string_view to) {
    auto text = [](std::string_view value) { return value.empty() ? std::string{"none"} : std::string{value}; };
    return std::string{"its "} + what + " changed from " + text(from) + " to " + text(to);
  };
  std::string out;
  bool any_unit_will_do = rule == policy::threshold && (was.unit.empty() || now.unit.empty());
  if (was.unit != now.unit && !any_unit_will_do)
    out = changed("unit", was.unit, now.unit);
  if (was.better != now.better)
    out += (out.empty() ? "" : ", and ") + changed("better direction", name_of(was.better), name_of(now.better));
  bool is_of_other_kind = is_simulated(was) != is_simulated(now); // which has a reason of its own
  if (was.scope.empty() != now.scope.empty() && fails_closed(rule) && !is_of_other_kind)
    out += (out.empty() ? "" : ", and ") + changed("scope", was.scope, now.scope);
  return out;
}

class comparison {
public:
  comparison(const version_points& old_side, const version_points& new_side, policy rule, finding_order order,
             look_plan plan)
      : old_{old_side}, new_{new_side}, rule_{rule}, order_{order}, plan_{plan} {
    old_adapters_.reserve(old_.adapters.size());
    new_adapters_.reserve(new_.adapters.size());
    for (const auto& adapter : old_.adapters)
      old_adapters_.emplace(adapter.name, &adapter);
    for (const auto& adapter : new_.adapters)
      new_adapters_.emplace(adapter.name, &adapter);
  }

  upgrade_result run() {
    if (!old_.present || !new_.present)
      return without_snapshot();
    name_failed(old_, "old");
    name_failed(new_, "new");
    for (size_t i = 0; i < old_.metrics.size(); ++i)
      compare(old_.metrics[i], find_new(old_.metrics[i], i));
    judge_samples();
    sort();
    conclude();
    return std::move(result_);
  }

private:
  upgrade_result without_snapshot() {
    if (rule_ == policy::threshold) { // order and wording as in HART OS
      result_.decided = old_.present ? verdict::inconclusive : verdict::safe;
      result_.reason = old_.present ? "new version snapshot missing" : "no baseline to compare";
      return std::move(result_);
    }
    if (!old_.present)
      result_.reason = without_snapshot_reason("old", old_);
    if (!new_.present)
      result_.reason += (old_.present ? "" : ", and ") + without_snapshot_reason("new", new_);
    return std::move(result_);
  }

  void name_failed(const version_points& side, const char* which) {
    for (const auto& adapter : side.adapters)
      if (adapter.status == outcome::error)
        miss(adapter.name, {}, std::string{"it failed on the "} + which + " version: " + std::string{adapter.reason},
             fails_closed(rule_));
  }

  /// The new version's metric that corresponds to `was`, metric number `place` of the old version; null when absent.
  /// Two captures mostly list metrics in the same order, so an index is built only when needed.
  const metric_point* find_new(const metric_point& was, size_t place) {
    metric_key key{was.adapter, was.name};
    if (place < new_.metrics.size() && metric_key{new_.metrics[place].adapter, new_.metrics[place].name} == key)
      return &new_.metrics[place];
    if (new_metrics_.empty()) {
      new_metrics_.reserve(new_.metrics.size());
      for (const auto& metric : new_.metrics)
        new_metrics_.emplace(metric_key{metric.adapter, metric.name}, &metric);
    }
    auto found = new_metrics_.find(key);
    return found == new_metrics_.end() ? nullptr : found->second;
  }

  void compare(const metric_point& was, const metric_point* now) {
    bool decides = was.gate || (now && now->gate);
    // Heavy benchmarks run only on some nodes and days, so a missing one does not block.
    bool needed = was.fast && decides && fails_closed(rule_);
    look_up(was.adapter);
    for (auto [side, which] : {std::pair{adapter_.old_side, "old"}, std::pair{adapter_.new_side, "new"}})
      if (is_skipped(side))
        return miss(was.adapter, was.name,
                    std::string{"its adapter was skipped on the "} + which + " version" +
                      (side->reason.empty() ? "" : ": " + std::string{side->reason}),
                    needed);
    if (!now)
      return miss(was.adapter, was.name, "it was not measured on the new version", needed);
    if (!decides)
      return show(was, *now);
    if (auto fault = meaning_fault(was, *now, rule_); !fault.empty())
      return miss(was, *now, fault, true);
    if (auto fault = quality_fault(was, *now); !fault.empty())
      return miss(was, *now, fault, fails_closed(rule_));
    if (was.scope != now->scope) // a restarted counter says nothing about either version
      return miss(was, *now, "its counter restarted between the two captures", false);
    if (!std::isfinite(was.value) || !std::isfinite(now->value))
      return miss(was, *now, "it is not a finite number", fails_closed(rule_));
    bool is_of_one_machine = was.paired && now->paired;
    if (const auto& fault = environment_fault(was, *now); !fault.empty() && !is_of_one_machine)
      return miss(was, *now, fault, true);
    decide(was, *now);
  }

  void decide(const metric_point& was, const metric_point& now) {
    if (rule_ == policy::statistical && !is_judged_by_floor(was, now)) {
      by_samples_.emplace_back(&was, &now);
      return;
    }
    auto found = judge(was, now, rule_);
    if (found == finding::unknown)
      return miss(was, now, margin_fault(was, now), true);
    ++result_.compared;
    if (found == finding::same)
      return;
    auto change = change_of(was, now);
    change.floor = deciding_floor(was, now);
    (found == finding::worse ? result_.regressions : result_.improvements).push_back(change);
  }

  // -- policy statistical --------------------------------------------------------------

  /// Last, since the level is shared among all critical metrics.
  void judge_samples() {
    auto critical = std::ranges::count_if(by_samples_, [](const auto& pair) { return !pair.first->advisory; });
    for (const auto& [was, now] : by_samples_) {
      auto judged = judge_metric(as_judged(*was, *now, plan_, static_cast<uint32_t>(std::max<int64_t>(critical, 1))));
      ++result_.compared;
      if (!judged.advisory)
        count(judged, *was, *now);
      result_.judgements.push_back(std::move(judged));
    }
    std::ranges::stable_sort(result_.judgements, {}, [](const metric_judgement& each) {
      int place = each.decided == verdict::regressed ? 0 : each.decided == verdict::inconclusive ? 1 : 2;
      return std::pair{each.advisory, place};
    });
  }

  void count(const metric_judgement& judged, const metric_point& was, const metric_point& now) {
    switch (judged.decided) {
    case verdict::regressed:
      result_.regressions.push_back(change_of(was, now));
      break;
    case verdict::inconclusive:
      --result_.compared;
      miss(was, now, describe_reason(judged), true);
      break;
    case verdict::safe:
      if (is_better(judged))
        result_.improvements.push_back(change_of(was, now));
      break;
    }
  }

  /// Whether the whole interval is on the better side.
  static bool is_better(const metric_judgement& judged) {
    return judged.better == direction::higher ? judged.low > 0 : judged.high < 0;
  }

  /// Lists a metric that decides nothing.
  void show(const metric_point& was, const metric_point& now) {
    auto fault = meaning_fault(was, now, rule_);
    if (fault.empty())
      fault = simulation_fault(was, now);
    if (!fault.empty())
      miss(was, now, fault, false);
    else if (was.value != now.value)
      result_.ungated.push_back(change_of(was, now));
  }

  static metric_change change_of(const metric_point& was, const metric_point& now) {
    return {was.adapter,
            was.name,
            was.value,
            now.value,
            change_pct(was.value, now.value),
            was.better,
            was.unit.empty() ? now.unit : was.unit};
  }

  void sort() {
    if (order_ == finding_order::severity)
      sort_by_severity(result_.regressions);
    std::stable_partition(result_.missing.begin(), result_.missing.end(), [](const auto& m) { return m.blocks; });
  }

  /// Worst first, ties in metric order. Sorts small keys, because a change takes a hundred bytes.
  static void sort_by_severity(std::vector<metric_change>& changes) {
    std::vector<std::pair<double, size_t>> order;
    order.reserve(changes.size());
    for (const auto& change : changes) {
      auto lost = loss(change.old_value, change.new_value, change.better);
      auto severity =
        change.old_value == 0 ? std::numeric_limits<double>::infinity() : lost / std::abs(change.old_value);
      order.emplace_back(-severity, order.size());
    }
    std::sort(order.begin(), order.end());
    std::vector<metric_change> sorted;
    sorted.reserve(changes.size());
    for (const auto& [severity, index] : order)
      sorted.push_back(changes[index]);
    changes = std::move(sorted);
  }

  void conclude() {
    bool blocked = !result_.missing.empty() && result_.missing.front().blocks;
    if (!result_.regressions.empty()) {
      result_.decided = verdict::regressed;
      result_.reason = regressed_reason(result_);
    } else if (blocked) {
      result_.decided = verdict::inconclusive;
      result_.reason = blocked_reason(result_);
    } else if (result_.compared == 0) {
      result_.decided = verdict::inconclusive;
      result_.reason = "the two snapshots have no metric in common that could be compared";
    } else {
      result_.decided = verdict::safe;
      result_.reason = "none of " + std::to_string(result_.compared) + " metrics regressed";
    }
  }

  void miss(std::string_view adapter, std::string_view metric, std::string_view reason, bool blocks) {
    auto longest = metric.empty() ? max_adapter_reason_bytes : max_metric_reason_bytes;
    result_.missing.push_back({adapter, metric, shorten(reason, longest), blocks});
  }

  void miss(const metric_point& was, const metric_point& now, std::string_view reason, bool blocks) {
    result_.missing.push_back({was.adapter, was.name, shorten(reason, max_metric_reason_bytes), blocks, was.value,
                               now.value, was.unit, now.unit});
  }

  /// Why its figures do not tell of the version alone; empty when they do.
  std::string quality_fault(const metric_point& was, const metric_point& now) const {
    if (auto fault = simulation_fault(was, now); !fault.empty())
      return fault;
    bool is_old = is(adapter_.old_side, quality::disturbed), is_new = is(adapter_.new_side, quality::disturbed);
    auto longest = is_old && is_new ? max_disturbance_of_two_bytes : max_disturbance_bytes;
    std::string out;
    if (is_old)
      out = disturbance("old", old_, *adapter_.old_side, longest);
    if (is_new)
      out += (is_old ? "; " : "") + disturbance("new", new_, *adapter_.new_side, longest);
    return out;
  }

  /// Simulated figures are compared with each other alone.
  std::string simulation_fault(const metric_point& was, const metric_point& now) const {
    bool was_simulated = is_simulated(was) || is(adapter_.old_side, quality::simulated);
    bool now_simulated = is_simulated(now) || is(adapter_.new_side, quality::simulated);
    if (was_simulated == now_simulated)
      return {};
    return describe("it was simulated on the ", was_simulated ? "old" : "new", was_simulated ? old_ : new_) +
           " and measured on a device on the other, and the two are never compared";
  }

  /// Which fields of the environment must be equal and are not known to be; empty when there is none. Most metrics need
  /// the same fields as the one before.
  const std::string& environment_fault(const metric_point& was, const metric_point& now) {
    auto needed = was.same_environment | now.same_environment;
    if (!fails_closed(rule_) || needed == compared_fields_)
      return environment_fault_;
    auto differences = differing_fields(old_.taken_on, new_.taken_on, needed);
    compared_fields_ = needed;
    environment_fault_ =
      differences.empty() ? "" : "it needs the same environment on both sides: " + describe_differences(differences);
    return environment_fault_;
  }

  static bool is(const adapter_point* side, quality what) {
    return side && side->measured == what;
  }

  static std::string describe(const char* what, const char* which, const version_points& side) {
    return std::string{what} + which + " version " + shorten(side.version, max_version_bytes);
  }

  static std::string disturbance(const char* which, const version_points& side, const adapter_point& adapter,
                                 size_t longest) {
    return describe("it was disturbed on the ", which, side) +
           (adapter.disturbance.empty() ? "" : ": " + shorten(adapter.disturbance, longest));
  }

  /// An adapter's metrics are mostly adjacent, so it is looked up once for all of them.
  void look_up(std::string_view adapter) {
    if (adapter_.name && *adapter_.name == adapter)
      return;
    adapter_ = {adapter, find(old_adapters_, adapter), find(new_adapters_, adapter)};
  }

  static const adapter_point* find(const adapter_index& adapters, std::string_view name) {
    auto found = adapters.find(name);
    return found == adapters.end() ? nullptr : found->second;
  }

  static bool is_skipped(const adapter_point* side) {
    return side && side->status == outcome::skipped;
  }

  const version_points& old_;
  const version_points& new_;
  policy rule_;
  finding_order order_;
  look_plan plan_;
  adapter_index old_adapters_;
  adapter_index new_adapters_;
  metric_index new_metrics_; ///< built on first use
  /// The current metric's adapter on both sides; null where it is not known.
  struct {
    std::optional<std::string_view> name;
    const adapter_point* old_side = nullptr;
    const adapter_point* new_side = nullptr;
  } adapter_;
  std::vector<std::pair<const metric_point*, const metric_point*>> by_samples_; ///< to be judged, old and new
  environment_fields compared_fields_;                                          ///< of which `environment_fault_` tells
  std::string environment_fault_;
  upgrade_result result_;
};

} // namespace

judged_metric as_judged(const metric_point& was, const metric_point& now, look_plan plan, uint32_t critical) {
  auto values_of = [](const metric_point& metric) {
    return metric.samples.empty() ? std::span{&metric.value, 1} : metric.samples;
  };
  judged_metric out{was.adapter, was.name,       was.unit,       {},          was.advisory,
                    {},          values_of(was), values_of(now), was.left_out};
  bool are_pairs = was.paired && now.paired && out.old_values.size() == out.new_values.size();
  out.basis = are_pairs ? judgement_basis::pairs : judgement_basis::samples;
  out.options.margin = was.margin;
  out.options.absolute_margin = was.absolute_margin;
  out.options.better = was.better;
  out.options.kind = was.kind;
  out.options.resolution = was.resolution;
  out.options.plan = plan;
  out.options.critical_metrics = critical;
  return out;
}

upgrade_result check_upgrade(const version_points& old_side, const version_points& new_side, policy rule,
                             finding_order order, look_plan plan) {
  return comparison{old_side, new_side, rule, order, plan}.run();
}

} // namespace hive::analysis
