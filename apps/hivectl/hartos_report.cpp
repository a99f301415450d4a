#include "apps/hivectl/hartos_report.hpp"

namespace hive::ctl {

void hartos_report::leave_out(std::string place, std::string reason) {
  ++left_out;
  if (faults.size() < max_told)
    faults.emplace_back(std::move(place), std::move(reason));
}

msg<wire::HartosImport> hartos_report::answer() const {
  return msg<wire::HartosImport>::build([&](wire::HartosImport::Builder out) {
    out.setRecorded(recorded);
    out.setAlreadyTaken(already_taken);
    out.setOutdated(outdated);
    out.setLeftOut(left_out);
    out.setRoutes(routes);
    out.setSnapshots(snapshots);
    out.setUnchangedSnapshots(unchanged_snapshots);
    out.setBaselines(baselines);
    out.setUnchangedBaselines(unchanged_baselines);
    out.setAppendedBaselines(appended_baselines);
    auto list = out.initFaults(static_cast<uint32_t>(faults.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setPlace(faults[i].first);
      list[i].setReason(faults[i].second);
    }
  });
}

void hartos_report::show(output& out) const {
  out.line("Task records  " + std::to_string(recorded) + " new" +
           (already_taken > 0 ? "; rows up to " + std::to_string(already_taken) + " were imported before" : ""));
  if (outdated > 0)
    out.line("Outdated      " + std::to_string(outdated) +
             " rows of a rule for success that HART OS itself no longer counts were left out");
  out.line("Hive routing  " + std::to_string(routes) + " task types");
  out.line("Snapshots     " + std::to_string(snapshots) + " new, " + std::to_string(unchanged_snapshots) +
           " unchanged");
  out.line("Baselines     " + std::to_string(baselines) + " new" +
           (appended_baselines > 0 ? " (" + std::to_string(appended_baselines) + " under another number)" : "") + ", " +
           std::to_string(unchanged_baselines) + " unchanged");
  if (left_out == 0)
    return;
  out.line("Left out      " + std::to_string(left_out));
  for (const auto& [place, reason] : faults)
    out.line("  " + place + ": " + reason);
  if (left_out > faults.size())
    out.line("  and " + std::to_string(left_out - faults.size()) + " more");
}

} // namespace hive::ctl
