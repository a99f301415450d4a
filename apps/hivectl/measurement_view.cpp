#include "apps/hivectl/measurement_view.hpp"

#include "apps/hivectl/calibration_view.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/judgement_view.hpp"
#include "platform/http_client.hpp"

namespace hive::ctl {
namespace {

void show_versions(wire::PairedMeasurement::Reader measurement, output& out) {
  std::string old_version = measurement.getRequest().getOld().cStr();
  if (measurement.hasCalibration()) {
    out.line("Version      " + old_version + ", measured against itself");
    return;
  }
  out.line("Versions     " + old_version + " → " + measurement.getRequest().getNew().cStr() +
           (measurement.hasReference() ? ", and the reference " + std::string{measurement.getReference().cStr()} : ""));
  out.line("Verdict      " + name_of(measurement.getVerdict()));
}

} // namespace

std::string measurement_path(const std::string& id) {
  return "/upgrades/measurements/" + http::url_encode(id);
}

bool has_ended(wire::PairedMeasurement::Reader measurement) {
  return measurement.getState() != wire::MeasurementState::WAITING &&
         measurement.getState() != wire::MeasurementState::RUNNING;
}

void show_measurement(wire::PairedMeasurement::Reader measurement, output& out) {
  out.line("Measurement  " + std::string{measurement.getId().cStr()} + " (" + name_of(measurement.getState()) + ")");
  show_versions(measurement, out);
  if (measurement.hasReason())
    out.line("Reason       " + std::string{measurement.getReason().cStr()});
  constexpr double seconds_per_minute = 60;
  out.line("Measured     " + format_number(measurement.getMeasuredS() / seconds_per_minute) + " min");
  for (auto adapter : measurement.getAdapters())
    out.line("Adapter      " + std::string{adapter.getAdapter().cStr()} + ": " + std::to_string(adapter.getRounds()) +
             " pairs" +
             (adapter.getLeftOut() > 0 ? ", of which " + std::to_string(adapter.getLeftOut()) + " do not count" : "") +
             (adapter.hasError() ? "; " + std::string{adapter.getError().cStr()} : ""));
  show_judgements(measurement.getJudgements(), out);
  if (measurement.hasCalibration() && has_ended(measurement))
    show_calibrations(measurement, out);
}

} // namespace hive::ctl
