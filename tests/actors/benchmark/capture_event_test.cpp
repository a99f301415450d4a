#include "actors/benchmark/capture_event.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(capture_event, a_capture_that_failed_says_why) {
  auto event = capture_ended("v1", capture_id{7}, wire::CaptureStep::FINISHED, fail(ec::storage_failed, "disk full"));
  EXPECT_EQ(event->getKind(), wire::EventKind::CAPTURE);
  EXPECT_EQ(event->getCapture().getVersion(), "v1");
  EXPECT_EQ(event->getCapture().getCaptureId(), 7u);
  EXPECT_EQ(event->getCapture().getStep(), wire::CaptureStep::FAILED);
  EXPECT_EQ(event->getCapture().getReason(), "disk full");
}

TEST(capture_event, one_that_was_kept_says_how_much_it_holds) {
  auto snapshot = msg<wire::Snapshot>::build([](wire::Snapshot::Builder out) { out.initMetrics(3); });
  auto event = capture_ended("v1", capture_id{7}, wire::CaptureStep::IMPORTED, snapshot);
  EXPECT_EQ(event->getCapture().getStep(), wire::CaptureStep::IMPORTED);
  EXPECT_EQ(event->getCapture().getMetrics(), 3u);
  EXPECT_FALSE(event->getCapture().hasReason());
}

TEST(capture_event, one_with_failed_adapters_says_how_many) {
  auto snapshot = msg<wire::Snapshot>::build([](wire::Snapshot::Builder out) { out.setAdapterErrors(2); });
  auto event = capture_ended("v1", capture_id{7}, wire::CaptureStep::FINISHED, snapshot);
  EXPECT_EQ(event->getCapture().getAdapterErrors(), 2u);
}

TEST(capture_event, a_deletion_says_why) {
  auto event = capture_deleted(*msg<wire::CaptureDeleted>::build([](wire::CaptureDeleted::Builder out) {
    out.setVersion("v1");
    out.setCaptureId(7);
    out.setReason("noisy");
  }));
  EXPECT_EQ(event->getCapture().getStep(), wire::CaptureStep::DELETED);
  EXPECT_EQ(event->getCapture().getCaptureId(), 7u);
  EXPECT_EQ(event->getCapture().getReason(), "noisy");
}

} // namespace
} // namespace hive
