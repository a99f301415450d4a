#pragma once

#include "analysis/gate_options.hpp"
#include "analysis/metric_rules.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// How the values of the two versions belong together.
enum class judgement_basis : uint8_t {
  pairs,  ///< value i of both was measured one right after the other
  samples ///< stored at different times
};

/// One metric of two versions. Its texts and values must outlive the judgement.
struct judged_metric {
  std::string_view adapter;
  std::string_view name;
  std::string_view unit;
  gate_options options;
  bool advisory = false;
  judgement_basis basis = judgement_basis::samples;
  std::span<const double> old_values;
  std::span<const double> new_values;
  uint32_t left_out = 0; ///< pairs that do not count
};

/// What the statistics say of it.
struct metric_judgement {
  std::string_view adapter;
  std::string_view name;
  std::string_view unit;
  direction better = direction::higher;
  bool advisory = false;
  judgement_basis basis = judgement_basis::samples;
  verdict decided = verdict::inconclusive;
  gate_reason reason = gate_reason::too_few_values;
  /// Whether `change`, `low`, `high` and `margin` are in the metric's unit; otherwise they are shares of the old value.
  bool absolute = false;
  double change = no_margin; ///< estimate, above 0 when the value grew; NaN without one
  double low = no_margin;    ///< ends of its interval, at the level of the look; NaN without a bound
  double high = no_margin;
  double margin = no_margin;   ///< tolerated change for the worse, at least 0
  double p = no_margin;        ///< one-sided, of a change for the worse by at most the margin; NaN where not computed
  double p_better = no_margin; ///< one-sided, of no change for the better; NaN where not computed
  double p_worse = no_margin;  ///< one-sided, of no change for the worse; NaN where not computed
  uint32_t pairs = 0;          ///< used; for samples those of the smaller side
  uint32_t left_out = 0;
  /// About how many pairs in all would settle it. Nothing once it is settled or where more would not help.
  std::optional<uint32_t> pairs_needed;
  double correlation = no_margin; ///< lag-1, that was allowed for
};

/// A metric as the gate takes it, and its values where they are not the metric's own. To be moved, not copied.
struct gate_input {
  judged_metric metric;
  std::vector<double> old_values;
  std::vector<double> new_values;
};

/// The metric as `judge_metric` hands it to the gate.
gate_input input_of(const judged_metric& metric);

/// Judges pairs by `judge_pairs` and samples by `judge_samples`. Two metrics are judged otherwise than they say:
/// - A share of items like any other quantity, since its items are not known here.
/// - A count that states an absolute margin by differences, so that few things that are as many as before are safe.
/// An absolute margin of 0 makes every change for the worse a regression, and equal values safe.
metric_judgement judge_metric(const judged_metric& metric);

/// Why a judgement is what it is, as a part of a sentence: "the interval reaches beyond the margin". Empty where the
/// interval says it.
std::string describe_reason(const metric_judgement& of);

} // namespace hive::analysis
