#include "analysis/verdict_reason.hpp"

#include "analysis/shorten.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace hive::analysis {
namespace {

/// Number of findings named in a reason; the lists hold all.
constexpr size_t named_findings = 3;
/// Size limit of one finding's text in a reason, so that the reason fits a text field.
constexpr size_t max_finding_bytes = 900;

std::string full_name(std::string_view adapter, std::string_view metric) {
  std::string out{adapter};
  if (!adapter.empty() && !metric.empty())
    out += '.';
  return out += metric;
}

std::string describe_change(const metric_change& change) {
  auto out = full_name(change.adapter, change.metric) + " " + describe_value(change.old_value, change.unit) + " → " +
             describe_value(change.new_value, change.unit);
  if (!std::isnan(change.floor))
    return out + (change.better == direction::higher ? " (floor " : " (ceiling ") +
           describe_value(change.floor, change.unit) + ")";
  if (!std::isnan(change.change_pct)) {
    std::array<char, 400> text{}; // a double has up to 309 digits before its decimal point
    std::snprintf(text.data(), text.size(), " (%+.1f%%)", change.change_pct);
    out += text.data();
  }
  return out;
}

std::string describe_missing(const missing_metric& missing) {
  auto out = full_name(missing.adapter, missing.metric);
  if (!std::isnan(missing.old_value) || !std::isnan(missing.new_value))
    out += " " + describe_value(missing.old_value, missing.old_unit) + " → " +
           describe_value(missing.new_value, missing.new_unit);
  return (out.empty() ? out : out + ": ") + missing.reason;
}

/// Joins the texts with `separator` and appends "and n more".
std::string list(const std::vector<std::string>& first, size_t all, std::string_view separator) {
  std::string out;
  for (const auto& text : first)
    out += (out.empty() ? std::string{} : std::string{separator}) + shorten(text, max_finding_bytes);
  if (all > first.size())
    out += std::string{separator} + "and " + std::to_string(all - first.size()) + " more";
  return out;
}

} // namespace

std::string describe_value(double value, std::string_view unit) {
  if (std::isnan(value))
    return "no value";
  constexpr int digits = 6;
  std::array<char, 32> text{};
  auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, digits).ptr;
  std::string out{text.data(), end};
  return unit.empty() ? out : out + " " + std::string{unit};
}

std::string regressed_reason(const upgrade_result& result) {
  std::vector<std::string> named;
  for (size_t i = 0; i < std::min(named_findings, result.regressions.size()); ++i)
    named.push_back(describe_change(result.regressions[i]));
  return std::to_string(result.regressions.size()) + " of " + std::to_string(result.compared) +
         " metrics regressed: " + list(named, result.regressions.size(), ", ");
}

std::string blocked_reason(const upgrade_result& result) {
  std::vector<std::string> named;
  size_t blocking = 0;
  for (const auto& missing : result.missing)
    if (missing.blocks && ++blocking <= named_findings)
      named.push_back(describe_missing(missing));
  return list(named, blocking, "; ");
}

std::string without_snapshot_reason(std::string_view which, const version_points& side) {
  auto out = "the " + std::string{which} + " version " + std::string{side.version} + " has no snapshot";
  for (size_t i = 0; i < side.similar.size(); ++i)
    out += (i ? ", " : "; did you mean ") + side.similar[i];
  return side.similar.empty() ? out : out + "?";
}

} // namespace hive::analysis
