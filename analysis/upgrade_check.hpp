#pragma once

#include "analysis/metric_rules.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// Which way a metric is better.
enum class direction : uint8_t { higher, lower };

/// How an adapter fared in a capture.
enum class outcome : uint8_t { ok, skipped, error };

/// One measured value. The texts must outlive the check.
struct metric_point {
  std::string_view adapter;
  std::string_view name;
  double value = 0;
  direction better = direction::higher;
  bool fast = true;            ///< of a fast-tier adapter
  std::string_view scope = {}; ///< values of different scopes do not compare
  std::string_view unit = {};
  bool gate = true; ///< false: shown, decides nothing
  /// Change for the worse that is no regression where the old value is zero or negative, in the metric's unit. At least
  /// 0; `no_margin` when none is stated.
  double absolute_margin = no_margin;
};

struct adapter_point {
  std::string_view name;
  outcome status = outcome::ok;
  std::string_view reason = {};
};

/// The machine, as far as it decides whether times compare. Unknown without a CPU model or cores.
struct machine {
  std::string_view cpu_model;
  uint32_t cores = 0;

  bool is_known() const {
    return !cpu_model.empty() && cores > 0;
  }
  bool operator==(const machine&) const = default;
};

/// One side of a comparison; `metrics` and `adapters` in any order.
struct version_points {
  bool present = false; ///< whether a snapshot of this version exists
  std::string_view version;
  std::span<const std::string> similar; ///< versions that may be meant when there is no snapshot
  machine taken_on;
  std::span<const metric_point> metrics;
  std::span<const adapter_point> adapters;
};

enum class policy : uint8_t { threshold, strict };
enum class verdict : uint8_t { safe, regressed, inconclusive };

struct metric_change {
  std::string_view adapter;
  std::string_view metric;
  double old_value = 0;
  double new_value = 0;
  double change_pct = 0; ///< of the old value; NaN when that is zero
  direction better = direction::higher;
  std::string_view unit = {};
};

/// A metric or adapter that kept the two versions from being compared.
struct missing_metric {
  std::string_view adapter;
  std::string_view metric;
  std::string reason;
  bool blocks = true; ///< whether it keeps the verdict from being safe
  /// Of a metric that both versions have. NaN: not measured.
  double old_value = no_margin;
  double new_value = no_margin;
  std::string_view old_unit = {};
  std::string_view new_unit = {};
};

struct upgrade_result {
  verdict decided = verdict::inconclusive;
  std::string reason;                     ///< names the first few findings that decided; at most some 3,000 bytes
  uint32_t compared = 0;                  ///< metrics that were judged
  std::vector<metric_change> regressions; ///< the worst first
  std::vector<metric_change> improvements;
  std::vector<missing_metric> missing; ///< those that block first
  std::vector<metric_change> ungated;  ///< changes that decide nothing
};

/// A change for the worse beyond this share of the old value is a regression (source system: is_upgrade_safe).
inline constexpr double regression_share = 0.05;

/// Whether `new_side` may replace `old_side`.
///
/// Two values compare only when they mean the same: equal unit, direction and scope. Where they do not, no policy says
/// safe. (Under threshold a side that states no unit, as snapshots of the source system may, compares with any.) Nor
/// does any policy say safe of two snapshots that have no metric in common. Equal values are never a regression. A
/// metric decides nothing when both sides say so by `gate`.
///
/// Policy threshold is HART OS's rule: a metric that both sides hold regresses when new < 0.95·old (higher is better)
/// or new > 1.05·old (lower is better), in double precision; adapters skipped on either side are left out; no old
/// snapshot is safe ("no baseline to compare"), no new one inconclusive ("new version snapshot missing").
///
/// Policy strict fails closed. A fast-tier metric that the old side has and the new one lacks, a NaN, an adapter that
/// failed on either side, a missing snapshot, or another or unknown machine for a metric that depends on it, is
/// inconclusive. An old value above zero is judged by the 5% of threshold, any other by the metric's absolute margin:
/// without one, a change is inconclusive. The new side cannot grant itself a margin: one that it alone states makes a
/// regression, not a pass. A regression that is certain outweighs what is missing.
upgrade_result check_upgrade(const version_points& old_side, const version_points& new_side, policy rule);

} // namespace hive::analysis
