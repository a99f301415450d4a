// Captures of a version: listing, showing and deleting them.

#include "tests/actors/benchmark/registry_fixture.hpp"

#include <optional>

namespace hive {
namespace {

/// A registry whose only adapter counts its measurements, so that captures differ.
struct captures_fixture : registry_fixture {
  double value = 0;

  captures_fixture() {
    add("a", [this](auto) { return measured("latency", ++value); });
    start();
  }

  caf::expected<msg<wire::CaptureList>> list(const std::string& version, uint32_t limit = 100, uint64_t after = 0) {
    return ask<wire::CaptureList>(msg<wire::CaptureListQuery>::build([&](wire::CaptureListQuery::Builder out) {
      out.setVersion(version);
      out.setLimit(limit);
      out.setAfter(after);
    }));
  }

  caf::expected<msg<wire::CaptureDeleted>> erase(const std::string& version, uint64_t id) {
    return ask<wire::CaptureDeleted>(msg<wire::DeleteCapture>::build([&](wire::DeleteCapture::Builder out) {
      out.setVersion(version);
      out.setCaptureId(id);
      out.setReason("a backup ran");
    }));
  }

  caf::expected<msg<wire::Snapshot>> show(const std::string& version, uint64_t id = 0) {
    if (id == 0)
      return ask<wire::Snapshot>(
        msg<wire::SnapshotQuery>::build([&](wire::SnapshotQuery::Builder out) { out.setVersion(version); }));
    return ask<wire::Snapshot>(msg<wire::CaptureQuery>::build([&](wire::CaptureQuery::Builder out) {
      out.setVersion(version);
      out.setCaptureId(id);
    }));
  }

  /// The newest value of the only metric; nothing when there is none.
  std::optional<double> newest_result() {
    auto latest = ask<wire::LatestResults>(msg<wire::LatestResultsQuery>{});
    if ((*latest)->getResults().size() == 0)
      return std::nullopt;
    return (*latest)->getResults()[0].getValue();
  }
};

TEST_F(captures_fixture, are_listed_page_by_page_and_shown) {
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(capture("v1"));
  ASSERT_TRUE(capture("v10")) << "whose name begins alike";
  std::vector<uint64_t> seen;
  uint64_t after = 0;
  do {
    auto page = list("v1", 2, after);
    ASSERT_TRUE(page) << text_of(page.error());
    EXPECT_LE((*page)->getCaptures().size(), 2u);
    EXPECT_EQ((*page)->getRunning(), 0u);
    for (auto each : (*page)->getCaptures()) {
      seen.push_back(each.getCaptureId());
      EXPECT_EQ(each.getMetricCount(), 1u);
    }
    after = (*page)->getNext();
  } while (after != 0);
  EXPECT_EQ(seen, (std::vector<uint64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ((*show("v1", 2))->getMetrics()[0].getValue(), 2);
  EXPECT_EQ(code_of(show("v1", 6).error()), ec::not_found) << "that is v10's";
  EXPECT_EQ(code_of(list("v2").error()), ec::not_found);
}

TEST_F(captures_fixture, the_newest_deleted_leaves_the_one_before_as_the_snapshot) {
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(capture("v1"));
  auto deleted = erase("v1", 3);
  ASSERT_TRUE(deleted) << text_of(deleted.error());
  EXPECT_EQ((*deleted)->getCaptures(), 2u);
  EXPECT_EQ((*deleted)->getLatest(), 2u);
  EXPECT_EQ((*show("v1"))->getMetrics()[0].getValue(), 2);
  EXPECT_EQ(newest_result(), 2);
  auto versions = ask<wire::SnapshotList>(msg<wire::PageQuery>{});
  EXPECT_EQ((*versions)->getSnapshots()[0].getCaptures(), 2u);
  EXPECT_EQ((*versions)->getSnapshots()[0].getCaptureId(), 2u);
  EXPECT_EQ(code_of(erase("v1", 3).error()), ec::not_found);
  EXPECT_EQ((*capture("v1"))->getCaptureId(), 4u) << "numbers are never used again";
}

TEST_F(captures_fixture, an_older_one_deleted_leaves_the_snapshot_as_it_is) {
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(capture("v1"));
  auto deleted = erase("v1", 1);
  ASSERT_TRUE(deleted) << text_of(deleted.error());
  EXPECT_EQ((*deleted)->getLatest(), 3u);
  EXPECT_EQ((*show("v1"))->getMetrics()[0].getValue(), 3);
  EXPECT_EQ(newest_result(), 3);
}

TEST_F(captures_fixture, the_last_one_deleted_makes_the_version_unknown_and_stays_listed_also_after_a_restart) {
  ASSERT_TRUE(capture("v1"));
  auto deleted = erase("v1", 1);
  ASSERT_TRUE(deleted) << text_of(deleted.error());
  EXPECT_EQ((*deleted)->getCaptures(), 0u);
  for (bool restarted : {false, true}) {
    if (restarted) {
      stop();
      start();
    }
    EXPECT_EQ(code_of(show("v1").error()), ec::not_found);
    auto listed = list("v1");
    ASSERT_TRUE(listed) << text_of(listed.error());
    ASSERT_EQ((*listed)->getCaptures().size(), 1u);
    EXPECT_EQ((*listed)->getCaptures()[0].getDeleted(), "a backup ran");
    EXPECT_GT((*listed)->getCaptures()[0].getDeletedAt(), 0);
    EXPECT_EQ((*ask<wire::SnapshotList>(msg<wire::PageQuery>{}))->getSnapshots().size(), 0u);
    EXPECT_EQ(newest_result(), std::nullopt) << "what was deleted is no result";
  }
  EXPECT_EQ((*capture("v1"))->getCaptureId(), 2u);
}

TEST_F(captures_fixture, an_import_deleted_takes_no_points_of_this_node_along) {
  ASSERT_TRUE(capture("v1"));
  ASSERT_TRUE(import(R"({"version":"v1","metrics":{"latency":{"value":9,"direction":"higher","adapter":"a"}}})"));
  EXPECT_TRUE((*list("v1"))->getCaptures()[1].getImported());
  ASSERT_TRUE(erase("v1", 2));
  EXPECT_EQ(newest_result(), 1);
}

TEST_F(captures_fixture, a_deletion_is_told_as_an_event) {
  ASSERT_TRUE(capture("v1"));
  ASSERT_TRUE(erase("v1", 1));
  EXPECT_EQ(told(), (std::vector<std::string>{"v1 0 ", "v1 1 ", "v1 4 a backup ran"}));
}

} // namespace
} // namespace hive
