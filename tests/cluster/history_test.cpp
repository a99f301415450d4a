#include "messages/history.capnp.h"
#include "messages/timestamp.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <optional>

// The history of metrics, from captures to what an operator sees.

namespace hive::cluster {
namespace {

using testing::HasSubstr;

constexpr int captures = 60;
constexpr int step = 41; ///< first capture at the new level

std::string version(int number) {
  return "v1." + std::to_string(number);
}

/// A snapshot captured elsewhere: `latency` takes a step of 10%, `noise` none; both are noisy.
std::string snapshot(int number) {
  double noise = (number * 37 % 11 - 5) * 0.2;
  auto metric = [](const std::string& name, double value) {
    return "\"" + name + R"(":{"value":)" + std::to_string(value) +
           R"(,"direction":"lower","unit":"ms","adapter":"probe"})";
  };
  return R"({"captured_at":")" + format_iso8601(1'771'934'400'000'000 + number * 3'600 * micros_per_s) +
         R"(","metrics":{)" + metric("latency", (number < step ? 100 : 110) + noise) + "," +
         metric("noise", 50 - noise) + "}}";
}

class history_end_to_end : public testing::Test {
protected:
  void start() {
    node.emplace(hived_options{.directory = temp.path()});
    node->await_ready();
  }

  void import_all() {
    start();
    for (int i = 1; i <= captures; ++i) {
      auto answer = node->put("/api/v1/snapshots/" + version(i), snapshot(i));
      ASSERT_EQ(answer.status, 200) << answer.body;
    }
  }

  msg<wire::MetricHistory> history(const std::string& query = {}) {
    auto answer = node->get("/api/v1/metrics/probe/latency/history" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.as<wire::MetricHistory>();
  }

  msg<wire::ChangeList> changes() {
    auto answer = node->get("/api/v1/changes");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.as<wire::ChangeList>();
  }

  temporary_directory temp;
  std::optional<hived_process> node;
};

TEST_F(history_end_to_end, a_step_is_found_and_what_is_deleted_stays_visible) {
  import_all();
  auto found = history();
  EXPECT_EQ(found->getPoints().size(), static_cast<uint32_t>(captures));
  EXPECT_TRUE(found->getPoints()[0].getImported());
  ASSERT_EQ(found->getChanges().size(), 1u);
  EXPECT_EQ(found->getChanges()[0].getVersion(), version(step).c_str());
  EXPECT_EQ(found->getChanges()[0].getSuspects()[0], version(step).c_str());
  EXPECT_TRUE(found->getChanges()[0].getWorse());
  EXPECT_EQ(found->getCurrent().getValues(), 20u);
  auto all = changes();
  EXPECT_EQ(all->getMetrics(), 2u);
  ASSERT_EQ(all->getChanges().size(), 1u);
  EXPECT_EQ(all->getChanges()[0].getMetric(), "latency");

  // The first capture at the new level, which is the only one of its version.
  auto number = found->getChanges()[0].getCaptureId();
  auto path = "/api/v1/snapshots/" + version(step) + "/captures";
  auto gone = node->remove(path + "/" + std::to_string(number) + "?reason=a%20backup%20ran");
  ASSERT_EQ(gone.status, 200) << gone.body;
  EXPECT_EQ(node->get("/api/v1/snapshots/" + version(step)).status, 404);
  EXPECT_THAT(node->get(path).body, HasSubstr(R"("deleted":"a backup ran")"));
  EXPECT_THAT(node->get(path + "/" + std::to_string(number)).body, HasSubstr("a backup ran"));
  auto left = history();
  ASSERT_EQ(left->getPoints().size(), static_cast<uint32_t>(captures));
  EXPECT_EQ(left->getPoints()[step - 1].getDeleted(), "a backup ran");
  EXPECT_EQ(left->getAnalysed(), static_cast<uint32_t>(captures - 1));
  ASSERT_EQ(left->getChanges().size(), 1u);
  EXPECT_EQ(left->getChanges()[0].getVersion(), version(step + 1).c_str());
  EXPECT_EQ(left->getChanges()[0].getPreviousVersion(), version(step - 1).c_str());
  EXPECT_EQ(changes()->getChanges()[0].getVersion(), version(step + 1).c_str()) << "found anew after the deletion";
}

TEST_F(history_end_to_end, is_the_same_after_a_restart_and_in_pages) {
  import_all();
  auto before = node->get("/api/v1/metrics/probe/latency/history").body;
  auto listed = node->get("/api/v1/changes").body;
  node->send(SIGTERM);
  ASSERT_TRUE(node->await_end());
  start();
  EXPECT_EQ(node->get("/api/v1/metrics/probe/latency/history").body, before);
  EXPECT_EQ(node->get("/api/v1/changes").body, listed);
  size_t seen = 0;
  for (uint64_t next = 0, first = 1; first == 1 || next != 0; first = 0) {
    auto page = history("?limit=25" + (next == 0 ? "" : "&before=" + std::to_string(next)));
    seen += page->getPoints().size();
    next = page->getNext();
  }
  EXPECT_EQ(seen, static_cast<size_t>(captures));
  auto unknown = node->get("/api/v1/metrics/probe/latencyy/history");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("did you mean probe.latency?"));
}

} // namespace
} // namespace hive::cluster
