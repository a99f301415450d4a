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
  out.setJudgements(judged.getJudgements());
  out.setVerdict(judged.getVerdict());
  auto left = session.seconds_left();
  out.setExpectedEnd(left ? now.now_unix_micros + static_cast<int64_t>(*left * micros_per_s) : 0);
}

} // namespace

msg<wire::PairedMeasurement> waiting(wire::MeasureUpgrade::Reader request, const std::string& id,
                                     std::string_view reference, const std::vector<std::string>& adapters,
                                     int64_t now_unix_micros) {
  return msg<wire::PairedMeasurement>::build([&](wire::PairedMeasurement::Builder out) {
    out.setId(id);
    out.setRequest(request);
    if (reference != as_view(request.getOld()) && reference != as_view(request.getNew()))
      out.setReference(std::string{reference});
    out.setState(wire::MeasurementState::WAITING);
    out.setVerdict(wire::Verdict::INCONCLUSIVE);
    out.setProgress("waits for other measurements");
    out.setRequestedAt(now_unix_micros);
    auto list = out.initAdapters(static_cast<uint32_t>(adapters.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list[i].setAdapter(adapters[i]);
  });
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
    out.setState(how.state);
    bool is_whole = how.state == wire::MeasurementState::DONE || how.state == wire::MeasurementState::SPENT;
    if (!is_whole && judged.getVerdict() == wire::Verdict::SAFE)
      out.setVerdict(wire::Verdict::INCONCLUSIVE);
    out.setReason(std::string{cut_text(how.reason, max_reason_bytes)});
    out.setEndedAt(now.now_unix_micros);
    out.setExpectedEnd(0);
  });
}

bool has_ended(wire::PairedMeasurement::Reader record) {
  return record.getState() != wire::MeasurementState::WAITING && record.getState() != wire::MeasurementState::RUNNING;
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
}

} // namespace hive::measurement_record
