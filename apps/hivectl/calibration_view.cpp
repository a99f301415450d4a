#include "apps/hivectl/calibration_view.hpp"

#include "apps/hivectl/format.hpp"
#include "apps/hivectl/table.hpp"

#include <cmath>
#include <fmt/format.h>

namespace hive::ctl {
namespace {

using metric_calibration = wire::MetricCalibration::Reader;
using calibrated_margin = wire::CalibratedMargin::Reader;

/// Pairs of the form of measurement that is not called long.
constexpr uint32_t short_form_pairs = 60;
constexpr double percent = 100;

std::string full_name(metric_calibration of) {
  std::string adapter = of.getAdapter().cStr();
  return (adapter.empty() ? "" : adapter + ".") + of.getMetric().cStr();
}

/// A noise or a margin, with its unit.
std::string quantity(double value, bool absolute, const char* unit) {
  if (std::isnan(value))
    return "-";
  if (!absolute)
    return format_number(value) + "%";
  return *unit == '\0' ? format_number(value) : format_number(value) + " " + unit;
}

std::string quantity(metric_calibration of, double value) {
  return quantity(value, of.getAbsolute(), of.getUnit().cStr());
}

std::string suggestion(metric_calibration of) {
  if (!of.hasSuggested())
    return "none";
  return quantity(of.getSuggested().getMargin(), of.getSuggestedAbsolute(), of.getUnit().cStr());
}

std::string pairs_for(calibrated_margin margin) {
  if (margin.hasFault())
    return "-";
  return margin.getPairsNeeded() == 0 ? "> 120" : std::to_string(margin.getPairsNeeded());
}

std::string rate(double share) {
  return std::isnan(share) ? "-" : format_number(share * percent) + "%";
}

/// "up to 0.19%": the upper end, since it is the rate that one can be sure of.
std::string rate_of_blocks(calibrated_margin margin) {
  if (margin.getResamples() == 0)
    return "-";
  return rate(margin.getFalseBlocks()) + " (up to " + fmt::format("{:.2f}", margin.getFalseBlocksHigh() * percent) +
         "%)";
}

bool is_as_it_is(metric_calibration of) {
  return of.hasSuggested() && of.getSuggested().getMargin() == of.getOwn().getMargin() &&
         of.getSuggestedAbsolute() == of.getAbsolute();
}

void show_metrics(capnp::List<wire::MetricCalibration>::Reader calibrations, output& out) {
  table rows{{text_column("METRIC"), number_column("PAIRS"), number_column("NOISE"), number_column("RHO"),
              number_column("MARGIN"), number_column("NEEDS"), number_column("FALSE BLOCKS"),
              number_column("UNDECIDED"), number_column("SUGGESTED")}};
  for (auto each : calibrations)
    rows.add_row({full_name(each) + (each.getAdvisory() ? " (advisory)" : ""), std::to_string(each.getPairs()),
                  quantity(each, each.getNoise()), format_number(each.getCorrelation()),
                  quantity(each, each.getOwn().getMargin()), pairs_for(each.getOwn()), rate_of_blocks(each.getOwn()),
                  rate(each.getOwn().getUndecided()), suggestion(each)});
  out.print(rows);
}

/// "bench.work needs 90 pairs for 3%, 36 for 5%, 8 for 10% and above." A margin that needs as many pairs as the one
/// before is left out.
std::string needs(metric_calibration of) {
  std::string out;
  uint32_t last = 0;
  bool goes_on = false;
  for (auto margin : of.getMargins()) {
    auto pairs = margin.getPairsNeeded();
    goes_on = pairs == last;
    if (pairs > 0 && !goes_on)
      out += (out.empty() ? full_name(of) + " needs " : ", ") + std::to_string(pairs) +
             (out.empty() ? " pairs for " : " for ") + quantity(of, margin.getMargin());
    last = pairs;
  }
  if (out.empty())
    return full_name(of) + " needs more than 120 pairs for each margin up to " +
           quantity(of, of.getMargins()[of.getMargins().size() - 1].getMargin()) + ".";
  return out + (goes_on ? " and above." : ".");
}

std::string outcome_of(metric_calibration of) {
  auto own = of.getOwn();
  return fmt::format(
    "Of {} comparisons of {} with itself, drawn from its pairs, the gate would have blocked {} falsely "
    "and left {} undecided after {} pairs.",
    own.getResamples(), full_name(of), rate(own.getFalseBlocks()), rate(own.getUndecided()), of.getMostPairs());
}

std::string advice(metric_calibration of) {
  if (!of.hasSuggested())
    return "No margin is suggested for " + full_name(of) + ".";
  auto out = fmt::format("{}: {} {}, by which {} are safe and {} blocked falsely", full_name(of),
                         is_as_it_is(of) ? "its margin is as suggested," : "suggested margin", suggestion(of),
                         rate(of.getSuggested().getSafe()), rate(of.getSuggested().getFalseBlocks()));
  if (of.getSuggested().getPairsNeeded() > short_form_pairs)
    out += "; it takes --long";
  return out + ".";
}

void tell(metric_calibration of, output& out) {
  out.line("");
  if (of.getOwn().hasFault())
    out.line(full_name(of) + " cannot be judged by its present margin: " + of.getOwn().getFault().cStr() + ".");
  if (of.hasReason())
    out.line(full_name(of) + ": " + of.getReason().cStr() + ".");
  auto margins = of.getMargins();
  if (margins.size() > 0 && !margins[margins.size() - 1].hasFault())
    out.line(needs(of));
  if (of.getOwn().getResamples() == 0)
    return;
  out.line(outcome_of(of));
  out.line(advice(of));
}

/// A basic string of TOML, in which everything else than what it must escape stands for itself.
std::string toml_string(const std::string& text) {
  std::string out = "\"";
  for (char c : text)
    if (c == '"' || c == '\\')
      out += std::string{'\\'} + c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      out += c;
  return out + "\"";
}

} // namespace

std::vector<std::string> suggested_configuration(wire::PairedMeasurement::Reader measurement) {
  std::vector<std::string> out;
  for (auto each : measurement.getCalibrations()) {
    if (!each.hasSuggested() || is_as_it_is(each))
      continue;
    auto margin = each.getSuggested().getMargin();
    out.emplace_back("[[metrics]]");
    out.push_back("name = " + toml_string(full_name(each)));
    out.push_back(each.getSuggestedAbsolute() ? fmt::format("absolute_margin = {}", margin)
                                              : fmt::format("margin = {}", margin / percent));
  }
  return out;
}

void show_calibrations(wire::PairedMeasurement::Reader measurement, output& out) {
  out.line("");
  if (measurement.getCalibrations().size() == 0)
    return out.line("No metric was calibrated.");
  show_metrics(measurement.getCalibrations(), out);
  for (auto each : measurement.getCalibrations())
    tell(each, out);
  if (measurement.getNotCalibrated() > 0)
    out.line(std::to_string(measurement.getNotCalibrated()) +
             " more metrics were not calibrated; name them with --metric.");
  auto lines = suggested_configuration(measurement);
  out.line("");
  if (lines.empty())
    return out.line("The configuration can stay as it is.");
  out.line(
    "# For the node's configuration, above other tables [[metrics]] that fit these names: the first one counts.");
  for (const auto& line : lines)
    out.line(line);
}

} // namespace hive::ctl
