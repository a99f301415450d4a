#include "actors/upgrade/measurement_record.hpp"

#include "messages/change.hpp"
#include "messages/text.hpp"

namespace hive::measurement_record {
namespace {

constexpr size_t max_reason_bytes = 4'000;
constexpr double micros_per_s = 1e6;

void fill_running(wire::PairedMeasurement::Builder out, const paired_session& session,
                  wire::UpgradeCheck::Reader judged, const progress& now) {
  out.setProgress(now.text);
  out.setMeasuredS(now.measured_s);
  session.describe(out.initAdapters(session.adapters()));
  if (out.hasCalibration()) {
    out.setVerdict(wire::Verdict::INCONCLUSIVE);
  } else {
    out.setJudgements(judged.getJudgements());
    out.setVerdict(judged.getVerdict());
  }
  auto left = session.seconds_left();
  out.setExpectedEnd(left ? now.now_unix_micros + static_cast<int64_t>(*left * micros_per_s) : 0);
}

void fill_waiting(wire::PairedMeasurement::Builder out, const std::string& id, const std::vector<std::string>& adapters,
                  int64_t now_unix_micros) {
  out.setId(id);
  out.setState(wire::MeasurementState::WAITING);
  out.setVerdict(wire::Verdict::INCONCLUSIVE);
  out.setProgress("waits for other measurements");
  out.setRequestedAt(now_unix_micros);
  auto list = out.initAdapters(static_cast<uint32_t>(adapters.size()));
  for (uint32_t i = 0; i < list.size(); ++i)
    list[i].setAdapter(adapters[i]);
}

void fill_ended(wire::PairedMeasurement::Builder out, const end& how, int64_t now_unix_micros) {
  out.setState(how.state);
  bool is_whole = how.state == wire::MeasurementState::DONE || how.state == wire::MeasurementState::SPENT;
  if (!is_whole && out.getVerdict() == wire::Verdict::SAFE)
    out.setVerdict(wire::Verdict::INCONCLUSIVE);
  out.setReason(std::string{cut_text(how.reason, max_reason_bytes)});
  out.setEndedAt(now_unix_micros);
  out.setExpectedEnd(0);
}

} // namespace

msg<wire::PairedMeasurement> waiting(wire::MeasureUpgrade::Reader request, const std::string& id,
                                     std::string_view reference, const std::vector<std::string>& adapters,
                                     int64_t now_unix_micros) {
  return msg<wire::PairedMeasurement>::build([&](wire::PairedMeasurement::Builder out) {
    out.setRequest(request);
    if (reference != as_view(request.getOld()) && reference != as_view(request.getNew()))
      out.setReference(std::string{reference});
    fill_waiting(out, id, adapters, now_unix_micros);
  });
}

msg<wire::PairedMeasurement> waiting(wire::CalibrateUpgrade::Reader request, const std::string& id,
                                     const std::vector<std::string>& adapters, int64_t now_unix_micros) {
  return msg<wire::PairedMeasurement>::build([&](wire::PairedMeasurement::Builder out) {
    out.setCalibration(request);
    auto runs = out.initRequest();
    runs.setOld(request.getVersion());
    runs.setNew(request.getVersion());
    if (request.getAdapters().size() > 0)
      runs.setAdapters(request.getAdapters());
    runs.setMaxPairs(request.getPairs());
    runs.setMaxMinutes(request.getMaxMinutes());
    runs.setLong(request.getLong());
    fill_waiting(out, id, adapters, now_unix_micros);
  });
}

bool is_calibration(wire::PairedMeasurement::Reader record) {
  return record.hasCalibration();
}

analysis::look_plan plan_of(wire::PairedMeasurement::Reader record) {
  return record.getRequest().getLong() ? analysis::look_plan::long_form : analysis::look_plan::short_form;
}

paired_session session_of(wire::PairedMeasurement::Reader record) {
  return {sides_of(record), adapters_of(record), record.getRequest().getMaxPairs(), plan_of(record),
          is_calibration(record) ? session_goal::pairs : session_goal::decision};
}

std::vector<wire::RunSide> sides_of(wire::PairedMeasurement::Reader record) {
  std::vector out{wire::RunSide::OLD, wire::RunSide::NEW};
  if (record.hasReference())
    out.push_back(wire::RunSide::REFERENCE);
  return out;
}

std::string version_of(wire::PairedMeasurement::Reader record, wire::RunSide side) {
  switch (side) {
  case wire::RunSide::OLD:
    return record.getRequest().getOld().cStr();
  case wire::RunSide::NEW:
    return record.getRequest().getNew().cStr();
  case wire::RunSide::REFERENCE:
    break;
  }
  return record.getReference().cStr();
}

std::vector<std::string> adapters_of(wire::PairedMeasurement::Reader record) {
  std::vector<std::string> out;
  for (auto each : record.getAdapters())
    out.emplace_back(each.getAdapter().cStr());
  return out;
}

msg<wire::PairedMeasurement> running(const msg<wire::PairedMeasurement>& record, const paired_session& session,
                                     wire::UpgradeCheck::Reader judged, const progress& now) {
  return changed(record, [&](wire::PairedMeasurement::Builder out) {
    out.setState(wire::MeasurementState::RUNNING);
    if (out.getStartedAt() == 0)
      out.setStartedAt(now.now_unix_micros);
    fill_running(out, session, judged, now);
  });
}

msg<wire::PairedMeasurement> ended(const msg<wire::PairedMeasurement>& record, const paired_session& session,
                                   wire::UpgradeCheck::Reader judged, const progress& now, const end& how) {
  return changed(record, [&](wire::PairedMeasurement::Builder out) {
    fill_running(out, session, judged, now);
    fill_ended(out, how, now.now_unix_micros);
  });
}

msg<wire::PairedMeasurement> stopped(const msg<wire::PairedMeasurement>& waiting, std::string_view reason,
                                     int64_t now_unix_micros) {
  return changed(waiting, [&](wire::PairedMeasurement::Builder out) {
    out.setProgress("has ended");
    fill_ended(out, {wire::MeasurementState::STOPPED, std::string{reason}}, now_unix_micros);
  });
}

bool has_ended(wire::PairedMeasurement::Reader record) {
  return record.getState() != wire::MeasurementState::WAITING && record.getState() != wire::MeasurementState::RUNNING;
}

bool gives_verdict(wire::PairedMeasurement::Reader record) {
  return has_ended(record) && record.getStartedAt() != 0 && !is_calibration(record);
}

void fill(wire::MeasurementLine::Builder out, wire::PairedMeasurement::Reader record) {
  out.setId(record.getId());
  out.setOld(record.getRequest().getOld());
  out.setNew(record.getRequest().getNew());
  out.setTrack(record.getRequest().getTrack());
  out.setState(record.getState());
  out.setVerdict(record.getVerdict());
  out.setRequestedAt(record.getRequestedAt());
  out.setEndedAt(record.getEndedAt());
  out.setCalibration(is_calibration(record));
}

} // namespace hive::measurement_record
