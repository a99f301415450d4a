#include "apps/hivectl/snapshot_view.hpp"

#include "analysis/contention.hpp"
#include "apps/hivectl/evidence_view.hpp"
#include "apps/hivectl/format.hpp"

#include <vector>

namespace hive::ctl {
namespace {

/// Prints "label    value", or nothing without a value.
void fact(output& out, std::string label, const std::string& value) {
  constexpr size_t label_columns = 13;
  label.resize(label_columns, ' ');
  if (!value.empty())
    out.line(label + value);
}

std::string describe_machine(wire::Environment::Reader environment) {
  auto out = std::string{environment.getCpuModel().cStr()} + ", " + std::to_string(environment.getCores()) +
             " cores, " + std::to_string(environment.getMemoryMib()) + " MiB, " + environment.getKernel().cStr() +
             ", GPU: " + environment.getGpu().cStr();
  for (auto [name, value] : {std::pair{"driver", environment.getDriver()},
                             {"governor", environment.getGovernor()},
                             {"CPU limit", environment.getCpuLimit()},
                             {"memory limit", environment.getMemoryLimit()}})
    if (value.size() > 0 && value != "none")
      out += std::string{", "} + name + " " + value.cStr();
  return out;
}

void show_facts(wire::Snapshot::Reader snapshot, output& out) {
  fact(out, "Version", snapshot.getVersion().cStr());
  fact(out, "Git sha", snapshot.getGitSha().cStr());
  fact(out, "Captured at", format_time(snapshot.getCapturedAt()));
  fact(out, "Tier", name_of(snapshot.getTier()));
  fact(out, "Node", snapshot.getNode().cStr());
  if (snapshot.hasEnvironment())
    fact(out, "Machine", describe_machine(snapshot.getEnvironment()));
  if (snapshot.getCaptureId() != 0)
    fact(out, "Capture", std::to_string(snapshot.getCaptureId()));
  if (snapshot.getImported())
    fact(out, "Imported", "yes");
  if (snapshot.getAdapterErrors() != 0)
    fact(out, "Errors", std::to_string(snapshot.getAdapterErrors()) + " of its adapters failed");
}

/// What makes a capture one that does not count, or not in full.
std::string describe_remark(wire::CaptureSummary::Reader capture) {
  std::string out;
  if (capture.hasDeleted())
    out = "deleted at " + format_time(capture.getDeletedAt()) + ": " + capture.getDeleted().cStr();
  if (capture.hasDisturbed())
    out += (out.empty() ? "disturbed: " : "; disturbed: ") + std::string{capture.getDisturbed().cStr()};
  return out;
}

void show_metrics(wire::Snapshot::Reader snapshot, output& out) {
  table rows{{text_column("METRIC"), number_column("VALUE"), text_column("UNIT"), text_column("BETTER"),
              number_column("SAMPLES"), text_column("ADAPTER")}};
  for (auto metric : snapshot.getMetrics())
    rows.add_row({metric.getName().cStr(), format_number(metric.getValue()), metric.getUnit().cStr(),
                  name_of(metric.getDirection()), std::to_string(metric.getSamples().size()),
                  metric.getAdapter().cStr()});
  out.line("");
  if (rows.empty())
    out.line("No metrics.");
  else
    out.print(rows);
}

/// What is notable about the use of the machine by others; empty when nothing is.
std::string describe_beside(wire::AdapterOutcome::Reader adapter) {
  auto from = adapter.getContention();
  return analysis::describe_contention({.steal = from.getSteal(),
                                        .pressure = from.getPressure(),
                                        .load = from.getLoad(),
                                        .throttled = from.getThrottled(),
                                        .captures = from.getCaptures()});
}

/// How an adapter measured, if that was on a GPU.
std::string describe_measured(wire::AdapterOutcome::Reader adapter) {
  return adapter.hasEvidence() ? describe_quality(adapter.getEvidence()) : "";
}

/// Whether the text of any adapter is not empty.
bool have_any(capnp::List<wire::AdapterOutcome>::Reader adapters,
              std::string (*describe)(wire::AdapterOutcome::Reader)) {
  for (auto adapter : adapters)
    if (!describe(adapter).empty())
      return true;
  return false;
}

void show_adapters(wire::Snapshot::Reader snapshot, output& out) {
  auto adapters = snapshot.getAdapters();
  bool shows_measured = have_any(adapters, describe_measured);
  bool shows_beside = have_any(adapters, describe_beside);
  std::vector<table::column> columns{text_column("ADAPTER"), text_column("STATUS"), number_column("SECONDS")};
  if (shows_measured)
    columns.push_back(text_column("MEASURED"));
  if (shows_beside)
    columns.push_back(text_column("BESIDE"));
  columns.push_back(text_column("REASON"));
  table rows{std::move(columns)};
  for (auto adapter : adapters) {
    std::vector<std::string> cells{adapter.getName().cStr(), name_of(adapter.getStatus()),
                                   format_seconds(adapter.getDurationS())};
    if (shows_measured)
      cells.push_back(describe_measured(adapter));
    if (shows_beside)
      cells.push_back(describe_beside(adapter));
    cells.emplace_back(adapter.getReason().cStr());
    rows.add_row(std::move(cells));
  }
  if (rows.empty())
    return;
  out.line("");
  out.print(rows);
}

} // namespace

void show_snapshot(wire::Snapshot::Reader snapshot, output& out) {
  show_facts(snapshot, out);
  show_metrics(snapshot, out);
  show_adapters(snapshot, out);
}

void show_snapshots(wire::SnapshotList::Reader list, output& out) {
  table rows{{text_column("VERSION"), text_column("CAPTURED"), text_column("TIER"), text_column("GIT SHA"),
              number_column("METRICS"), number_column("ERRORS"), number_column("CAPTURES"), text_column("NODE")}};
  for (auto snapshot : list.getSnapshots())
    rows.add_row({snapshot.getVersion().cStr(), out.time(snapshot.getCapturedAt()), name_of(snapshot.getTier()),
                  snapshot.getGitSha().cStr(), std::to_string(snapshot.getMetricCount()),
                  std::to_string(snapshot.getAdapterErrors()), std::to_string(snapshot.getCaptures()),
                  snapshot.getNode().cStr()});
  if (rows.empty())
    out.line("No snapshots yet: 'hivectl snapshot capture VERSION' takes one.");
  else
    out.print(rows);
}

void show_captures(wire::CaptureList::Reader list, output& out) {
  std::vector<table::column> columns{number_column("CAPTURE"), text_column("CAPTURED AT"), text_column("TIER"),
                                     text_column("GIT SHA"),   number_column("METRICS"),   number_column("ERRORS"),
                                     text_column("IMPORTED"),  text_column("NODE")};
  bool has_remarks = false;
  for (auto capture : list.getCaptures())
    has_remarks = has_remarks || !describe_remark(capture).empty();
  if (has_remarks)
    columns.push_back(text_column("REMARK"));
  table rows{std::move(columns)};
  for (auto capture : list.getCaptures()) {
    std::vector<std::string> cells{std::to_string(capture.getCaptureId()),
                                   format_time(capture.getCapturedAt()),
                                   name_of(capture.getTier()),
                                   capture.getGitSha().cStr(),
                                   std::to_string(capture.getMetricCount()),
                                   std::to_string(capture.getAdapterErrors()),
                                   format_yes_no(capture.getImported()),
                                   capture.getNode().cStr()};
    if (has_remarks)
      cells.push_back(describe_remark(capture));
    rows.add_row(std::move(cells));
  }
  if (!rows.empty())
    out.print(rows);
  if (list.getRunning() != 0)
    out.line("Capture " + std::to_string(list.getRunning()) + " is running.");
}

void show_results(wire::LatestResults::Reader results, output& out) {
  table rows{{text_column("METRIC"), number_column("VALUE"), text_column("UNIT"), text_column("BETTER"),
              text_column("VERSION"), text_column("CAPTURED")}};
  for (auto result : results.getResults())
    rows.add_row({result.getName().cStr(), format_number(result.getValue()), result.getUnit().cStr(),
                  name_of(result.getDirection()), result.getVersion().cStr(), out.time(result.getCapturedAt())});
  if (rows.empty())
    out.line("No results yet: 'hivectl snapshot capture VERSION' measures.");
  else
    out.print(rows);
}

} // namespace hive::ctl
