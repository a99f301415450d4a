#pragma once

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
};

struct adapter_point {
  std::string_view name;
  outcome status = outcome::ok;
  std::string_view reason = {};
};

/// One side of a comparison; `metrics` and `adapters` in any order.
struct version_points {
  bool present = false; ///< whether a snapshot of this version exists
  std::string_view fingerprint;
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
};

/// A metric, adapter or whole snapshot that kept the two versions from being compared.
struct missing_metric {
  std::string_view adapter;
  std::string_view metric;
  std::string reason;
  bool blocks = true; ///< whether policy strict holds it against the upgrade
};

struct upgrade_result {
  verdict decided = verdict::inconclusive;
  std::string reason;
  uint32_t compared = 0;
  std::vector<metric_change> regressions;
  std::vector<metric_change> improvements;
  std::vector<missing_metric> missing;
};

/// A change for the worse beyond this share of the old value is a regression (source system: is_upgrade_safe).
inline constexpr double regression_share = 0.05;

/// Where the old value is zero or negative, a ratio means nothing: then a change for the worse beyond this amount is a
/// regression.
inline constexpr double absolute_floor = 0.05;

/// Whether `new_side` may replace `old_side`.
///
/// Policy threshold is HART OS's rule: a metric that both sides hold regresses when new < 0.95·old (higher is better)
/// or new > 1.05·old (lower is better), in double precision; adapters skipped on either side are left out; no old
/// snapshot is safe ("no baseline to compare"), no new one regressed ("new version snapshot missing").
///
/// Policy strict fails closed: a fast-tier metric that the old side has and the new one lacks, a NaN, an adapter that
/// errored or was skipped, a missing snapshot or a different environment fingerprint is inconclusive. A regression
/// that is certain outweighs what is missing.
upgrade_result check_upgrade(const version_points& old_side, const version_points& new_side, policy rule);

} // namespace hive::analysis
