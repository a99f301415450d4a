#include "analysis/canary_reason.hpp"

#include "analysis/rounding.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace hive::analysis {
namespace {

/// Nodes that a reason names.
constexpr size_t named_nodes = 3;

/// Hundredths with one decimal, as short as it can be.
std::string in_points(double share) {
  std::array<char, 32> text{};
  double rounded = round_decimals(100 * share, 1) + 0.0; // never "-0"
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), rounded).ptr};
}

std::string p_value(double p) {
  constexpr int digits = 2;
  std::array<char, 32> text{};
  auto end = std::to_chars(text.data(), text.data() + text.size(), p, std::chars_format::general, digits).ptr;
  return "p " + std::string{text.data(), end};
}

/// "10% of 200 tasks fail on canaries, 2% of 800 on controls: 8 points more (4.3 to 13)".
std::string both_sides(const canary_rates& at, std::string_view things) {
  const auto& rates = at.rates;
  return as_percent(rates.canary.share + rates.common) + " of " + std::to_string(rates.canary_counts.all()) + " " +
         std::string{things} + " fail on canaries, " + as_percent(rates.control.share + rates.common) + " of " +
         std::to_string(rates.control_counts.all()) + " on controls: " + in_points(std::abs(at.difference)) +
         (at.difference < 0 ? " points less (" : " points more (") + in_points(at.range.lower) + " to " +
         in_points(at.range.upper) + ")";
}

std::string what_would_help(const canary_rates& at, bool is_last_look) {
  if (is_last_look)
    return "; it was the last look: only a longer stage can tell";
  if (!at.canary_trials_needed)
    return "; more traffic is unlikely to make it safe";
  if (*at.canary_trials_needed <= static_cast<uint64_t>(at.rates.canary_counts.all()))
    return "; the next look may tell";
  return "; about " + std::to_string(*at.canary_trials_needed) + " on canaries are needed in all";
}

} // namespace

std::string as_percent(double share) {
  return in_points(share) + "%";
}

std::string describe_traffic(int64_t canary, int64_t control, int64_t least, std::string_view things) {
  return "too little traffic: " + std::to_string(canary) + " " + std::string{things} + " on canaries and " +
         std::to_string(control) + " on controls at the same time: " + std::to_string(least) +
         " are needed on each side";
}

std::string describe_rates(const canary_rates& at, verdict decided, double margin, bool is_last_look,
                           std::string_view things) {
  auto text = both_sides(at, things), limit = "the margin of " + in_points(margin) + " points";
  if (decided == verdict::regressed)
    return text + ", surely worse (" + p_value(at.p_worse) + ") and very likely by more than " + limit + " (" +
           p_value(at.p_beyond_margin) + ")";
  if (decided == verdict::safe)
    return text + ", below " + limit + " (" + p_value(at.p_within_margin) + ")";
  if (at.safe_level == 0)
    return text + ", not surely beyond " + limit + " so far";
  return text + ", neither surely beyond nor surely below " + limit + what_would_help(at, is_last_look);
}

std::string list_nodes(const std::vector<std::string>& nodes) {
  std::string out;
  size_t named = std::min(named_nodes, nodes.size()), more = nodes.size() - named;
  for (size_t i = 0; i < named; ++i)
    out += (i == 0 ? "" : more == 0 && i + 1 == named ? " and " : ", ") + nodes[i];
  return more > 0 ? out + " and " + std::to_string(more) + " more" : out;
}

} // namespace hive::analysis
