#include "analysis/upgrade_check.hpp"

#include <cmath>
#include <limits>
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

/// By how much `now` is worse than `was`; negative when it is better.
double loss(double was, double now, direction better) {
  return better == direction::higher ? was - now : now - was;
}

bool is_worse(double was, double now, direction better) {
  if (was > 0)
    return better == direction::higher ? now < was * (1 - regression_share) : now > was * (1 + regression_share);
  return loss(was, now, better) > absolute_floor;
}

bool is_better(double was, double now, direction better) {
  if (was > 0)
    return better == direction::higher ? now > was * (1 + regression_share) : now < was * (1 - regression_share);
  return loss(was, now, better) < -absolute_floor;
}

double change_pct(double was, double now) {
  return was == 0 ? std::numeric_limits<double>::quiet_NaN() : (now - was) / std::abs(was) * 100;
}

class comparison {
public:
  comparison(const version_points& old_side, const version_points& new_side, policy rule)
      : old_{old_side}, new_{new_side}, rule_{rule} {
    for (const auto& adapter : old_.adapters)
      old_adapters_.emplace(adapter.name, &adapter);
    for (const auto& adapter : new_.adapters)
      new_adapters_.emplace(adapter.name, &adapter);
    new_metrics_.reserve(new_.metrics.size());
    for (const auto& metric : new_.metrics)
      new_metrics_.emplace(metric_key{metric.adapter, metric.name}, &metric);
  }

  upgrade_result run() {
    if (!old_.present || !new_.present)
      return without_snapshot();
    if (old_.fingerprint.empty() || old_.fingerprint != new_.fingerprint)
      miss({}, {}, "the two snapshots were taken in different or unknown environments");
    for (const auto& adapter : new_.adapters)
      if (adapter.status == outcome::error)
        miss(adapter.name, {}, "adapter failed on the new version: " + std::string{adapter.reason});
    for (const auto& metric : old_.metrics)
      compare(metric);
    conclude();
    return std::move(result_);
  }

private:
  upgrade_result without_snapshot() {
    if (!new_.present) {
      result_.reason = "new version snapshot missing";
      result_.decided = rule_ == policy::strict ? verdict::inconclusive : verdict::regressed;
    } else {
      result_.reason = "no baseline to compare";
      result_.decided = rule_ == policy::strict ? verdict::inconclusive : verdict::safe;
    }
    return std::move(result_);
  }

  void compare(const metric_point& was) {
    if (is_skipped(old_adapters_, was.adapter) || is_skipped(new_adapters_, was.adapter)) {
      miss(was.adapter, was.name, "adapter was skipped", was.fast);
      return;
    }
    auto found = new_metrics_.find({was.adapter, was.name});
    if (found == new_metrics_.end()) {
      miss(was.adapter, was.name, "not measured on the new version", was.fast);
      return;
    }
    const auto& now = *found->second;
    if (was.scope != now.scope) {
      // A counter that restarted says nothing about either version, so it blocks neither.
      miss(was.adapter, was.name, "its counter restarted between the two captures", false);
      return;
    }
    if (!std::isfinite(was.value) || !std::isfinite(now.value)) {
      miss(was.adapter, was.name, "is not a finite number");
      return;
    }
    ++result_.compared;
    metric_change change{was.adapter, was.name, was.value, now.value, change_pct(was.value, now.value), was.better};
    if (is_worse(was.value, now.value, was.better))
      result_.regressions.push_back(change);
    else if (is_better(was.value, now.value, was.better))
      result_.improvements.push_back(change);
  }

  void conclude() {
    size_t blocking = 0;
    for (const auto& missing : result_.missing)
      blocking += missing.blocks;
    if (!result_.regressions.empty()) {
      result_.decided = verdict::regressed;
      result_.reason = std::to_string(result_.regressions.size()) + " of " + std::to_string(result_.compared) +
                       " metrics regressed by more than 5%";
    } else if (rule_ == policy::strict && blocking > 0) {
      result_.decided = verdict::inconclusive;
      result_.reason = std::to_string(blocking) + " thing(s) could not be compared, the first: " + first_blocking();
    } else if (rule_ == policy::strict && result_.compared == 0) {
      result_.decided = verdict::inconclusive;
      result_.reason = "the two snapshots share no metric";
    } else {
      result_.decided = verdict::safe;
      result_.reason = "none of " + std::to_string(result_.compared) + " metrics regressed by more than 5%";
    }
  }

  std::string first_blocking() const {
    for (const auto& missing : result_.missing)
      if (missing.blocks)
        return std::string{missing.adapter} + (missing.metric.empty() || missing.adapter.empty() ? "" : ".") +
               std::string{missing.metric} + (missing.adapter.empty() ? "" : ": ") + missing.reason;
    return {};
  }

  void miss(std::string_view adapter, std::string_view metric, std::string reason, bool blocks = true) {
    result_.missing.push_back({adapter, metric, std::move(reason), blocks});
  }

  static bool is_skipped(const adapter_index& adapters, std::string_view name) {
    auto found = adapters.find(name);
    return found != adapters.end() && found->second->status == outcome::skipped;
  }

  const version_points& old_;
  const version_points& new_;
  policy rule_;
  adapter_index old_adapters_;
  adapter_index new_adapters_;
  metric_index new_metrics_;
  upgrade_result result_;
};

} // namespace

upgrade_result check_upgrade(const version_points& old_side, const version_points& new_side, policy rule) {
  return comparison{old_side, new_side, rule}.run();
}

} // namespace hive::analysis
