#include "actors/benchmark/capture_event.hpp"

namespace hive {
namespace {

wire::CaptureEvent::Builder init_capture(wire::Event::Builder out, const std::string& version, capture_id id) {
  out.setKind(wire::EventKind::CAPTURE);
  auto capture = out.initCapture();
  capture.setVersion(version);
  capture.setCaptureId(id.value);
  return capture;
}

} // namespace

msg<wire::Event> capture_started(const std::string& version, capture_id id) {
  return msg<wire::Event>::build(
    [&](wire::Event::Builder out) { init_capture(out, version, id).setStep(wire::CaptureStep::STARTED); });
}

msg<wire::Event> capture_ended(const std::string& version, capture_id id, wire::CaptureStep good,
                               const caf::expected<msg<wire::Snapshot>>& result) {
  return msg<wire::Event>::build([&](wire::Event::Builder out) {
    auto capture = init_capture(out, version, id);
    capture.setStep(result ? good : wire::CaptureStep::FAILED);
    if (result) {
      capture.setMetrics((*result)->getMetrics().size());
      capture.setAdapterErrors((*result)->getAdapterErrors());
    } else {
      capture.setReason(text_of(result.error()));
    }
  });
}

msg<wire::Event> capture_deleted(wire::CaptureDeleted::Reader deleted) {
  return msg<wire::Event>::build([&](wire::Event::Builder out) {
    auto capture = init_capture(out, deleted.getVersion(), capture_id{deleted.getCaptureId()});
    capture.setStep(wire::CaptureStep::DELETED);
    capture.setReason(deleted.getReason());
  });
}

} // namespace hive
