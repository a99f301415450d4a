#include "apps/hivectl/history_view.hpp"

#include "apps/hivectl/format.hpp"
#include "apps/hivectl/sparkline.hpp"
#include "apps/hivectl/table.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <vector>

namespace hive::ctl {
namespace {

/// Newest points in the row of bars; they fit a terminal of 80 columns.
constexpr uint32_t most_bars = 60;
/// Suspects that a line names; --json has all.
constexpr uint32_t most_suspects = 3;

void print_fact(output& out, std::string label, const std::string& value) {
  constexpr size_t label_columns = 13;
  label.resize(label_columns, ' ');
  out.line(label + value);
}

std::string with_unit(double value, const std::string& unit) {
  return format_number(value) + (unit.empty() ? "" : " " + unit);
}

std::string describe_cause(wire::HistoryChange::Reader change) {
  if (change.getKind() == wire::ChangeKind::DRIFT)
    return "";
  auto suspects = change.getSuspects();
  if (suspects.size() == 0)
    return "no version: within the captures of one";
  std::vector<std::string> named;
  for (uint32_t i = 0; i < std::min(suspects.size(), most_suspects); ++i)
    named.emplace_back(suspects[i].cStr());
  return join_texts(named, ", ") +
         (suspects.size() > most_suspects ? fmt::format(" or {} more", suspects.size() - most_suspects) : "");
}

std::string describe_kind(wire::HistoryChange::Reader change) {
  if (change.getKind() == wire::ChangeKind::VARIANCE)
    return change.getWorse() ? "more noise" : "less noise";
  return name_of(change.getKind()) + (change.getWorse() ? ", worse" : ", better");
}

/// Columns that both tables of changes have at their end.
std::vector<table::column> change_columns() {
  return {text_column("WHAT"), number_column("BEFORE"), number_column("AFTER"),     number_column("CHANGE"),
          number_column("P"),  text_column("VERSION"),  text_column("LIKELY CAUSE")};
}

std::vector<std::string> change_cells(wire::HistoryChange::Reader change) {
  std::string unit = change.getUnit().cStr();
  return {describe_kind(change),
          with_unit(change.getBefore(), unit),
          with_unit(change.getAfter(), unit),
          format_percent(change.getChangePct()),
          fmt::format("{:.2g}", change.getP()),
          std::string{change.getPreviousVersion().cStr()} + ".." + change.getVersion().cStr(),
          describe_cause(change)};
}

bool counts(wire::HistoryPoint::Reader point) {
  return !point.hasDeleted() && !point.hasDisturbed() && !point.hasIncomparable() && !std::isnan(point.getValue());
}

/// Empty when it counts.
std::string why_it_does_not_count(wire::HistoryPoint::Reader point) {
  if (counts(point))
    return {};
  std::vector<std::string> out;
  if (point.hasDeleted())
    out.push_back("deleted at " + format_time(point.getDeletedAt()) + ": " + point.getDeleted().cStr());
  if (point.hasDisturbed())
    out.push_back("disturbed: " + std::string{point.getDisturbed().cStr()});
  if (point.hasIncomparable())
    out.emplace_back(point.getIncomparable().cStr());
  return out.empty() ? "no value" : join_texts(out, "; ");
}

void show_points(wire::MetricHistory::Reader history, charset set, output& out) {
  auto points = history.getPoints();
  if (points.size() == 0)
    return print_fact(out, "Captures", "none here");
  auto first = points[0], last = points[points.size() - 1];
  print_fact(out, "Captures",
             fmt::format("{}{}, from {} ({}) to {} ({})", points.size(), history.getNext() != 0 ? " of more" : "",
                         format_time(first.getCapturedAt()), first.getVersion().cStr(),
                         format_time(last.getCapturedAt()), last.getVersion().cStr()));
  std::vector<double> bars;
  for (auto i = points.size() - std::min(points.size(), most_bars); i < points.size(); ++i)
    bars.push_back(counts(points[i]) ? points[i].getValue() : std::numeric_limits<double>::quiet_NaN());
  print_fact(out, "History", sparkline(bars, set));
}

void show_current(wire::MetricHistory::Reader history, output& out) {
  std::string unit = history.getUnit().cStr();
  auto current = history.getCurrent();
  if (history.hasCurrent())
    print_fact(out, "Now",
               fmt::format("{} (deviation {}) since capture {} ({}, {}): {} values",
                           with_unit(current.getLevel(), unit), format_number(current.getDeviation()),
                           current.getCaptureId(), current.getVersion().cStr(), format_time(current.getSince()),
                           current.getValues()));
  auto drift = history.getDrift();
  if (history.hasDrift())
    print_fact(out, "Drift",
               fmt::format("{} a capture, for the {}: from {} to {} ({}, p {:.2g})",
                           with_unit(drift.getPerCapture(), unit), drift.getWorse() ? "worse" : "better",
                           with_unit(drift.getFirst(), unit), with_unit(drift.getLast(), unit),
                           format_percent(drift.getChangePct()), drift.getP()));
}

void show_changes_of_one(wire::MetricHistory::Reader history, output& out) {
  std::vector<table::column> columns{text_column("CHANGED AT"), number_column("CAPTURE")};
  std::ranges::copy(change_columns(), std::back_inserter(columns));
  table rows{std::move(columns)};
  for (auto change : history.getChanges()) {
    std::vector<std::string> cells{format_time(change.getAt()), std::to_string(change.getCaptureId())};
    std::ranges::copy(change_cells(change), std::back_inserter(cells));
    rows.add_row(std::move(cells));
  }
  out.line("");
  if (rows.empty())
    out.line(fmt::format("No change in the newest {} values.", history.getAnalysed()));
  else
    out.print(rows);
}

/// The captures about which `remark` says something.
template <class Remark>
void show_remarks(wire::MetricHistory::Reader history, const char* title, Remark remark, output& out) {
  table rows{{number_column("CAPTURE"), text_column("CAPTURED AT"), text_column("VERSION"), number_column("VALUE"),
              text_column(title)}};
  for (auto point : history.getPoints())
    if (std::string text = remark(point); !text.empty())
      rows.add_row({std::to_string(point.getCaptureId()), format_time(point.getCapturedAt()), point.getVersion().cStr(),
                    format_number(point.getValue()), text});
  if (rows.empty())
    return;
  out.line("");
  out.print(rows);
}

} // namespace

void show_history(wire::MetricHistory::Reader history, charset set, output& out) {
  std::string unit = history.getUnit().cStr();
  print_fact(out, "Metric",
             fmt::format("{}.{}{}, {} is better", history.getAdapter().cStr(), history.getName().cStr(),
                         unit.empty() ? "" : " in " + unit, name_of(history.getDirection())));
  show_points(history, set, out);
  show_current(history, out);
  show_changes_of_one(history, out);
  show_remarks(history, "DOES NOT COUNT", why_it_does_not_count, out);
  show_remarks(
    history, "MEASURED AMID", [](wire::HistoryPoint::Reader point) { return point.getBeside().cStr(); }, out);
}

void show_changes(wire::ChangeList::Reader list, output& out) {
  std::vector<table::column> columns{text_column("CHANGED"), text_column("METRIC")};
  std::ranges::copy(change_columns(), std::back_inserter(columns));
  table rows{std::move(columns)};
  for (auto change : list.getChanges()) {
    std::vector<std::string> cells{out.time(change.getAt()),
                                   std::string{change.getAdapter().cStr()} + "." + change.getMetric().cStr()};
    std::ranges::copy(change_cells(change), std::back_inserter(cells));
    rows.add_row(std::move(cells));
  }
  if (rows.empty())
    out.line(fmt::format("No changes among the {} metrics.", list.getMetrics()));
  else
    out.print(rows);
  if (list.hasNext())
    out.line(std::string{"There are older ones: --after "} + list.getNext().cStr());
  if (list.getPartial())
    out.line("There are more metrics or changes than a node lists.");
}

} // namespace hive::ctl
