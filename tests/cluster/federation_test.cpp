#include "tests/cluster/hive.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>

// Real nodes that learn from each other. Times are printed, not asserted, since the machine may be busy.

namespace hive::cluster {
namespace {

/// Fixture that waits for conditions and prints how long that took.
class federation_test : public testing::Test {
protected:
  temporary_directory temp_;
};

TEST_F(federation_test, a_record_on_one_node_changes_the_route_on_all) {
  test_hive hive{temp_.path(), 5};
  ASSERT_TRUE(timed("five nodes hold the same", [&] { return hive.is_converged(); }));
  record(hive.at(0), "porting", "ruff", 9, 0);
  ASSERT_TRUE(timed("a record on one changes the route on all", [&] {
    for (size_t i = 1; i < hive.size(); ++i)
      if (route(hive.at(i), "porting") != routed{"ruff", "hive", 9})
        return false;
    return true;
  }));
}

TEST_F(federation_test, a_killed_node_is_marked_keeps_its_statistics_and_comes_back_without_double_counting) {
  test_hive hive{temp_.path(), 5};
  for (size_t i = 0; i < hive.size(); ++i)
    record(hive.at(i), "porting", "ruff", 3, 1);
  auto all_count = [&](uint64_t samples, std::vector<size_t> absent) {
    for (size_t i = 0; i < hive.size(); ++i)
      if (std::ranges::find(absent, i) == absent.end() && hive_samples(hive.at(i), "porting") != samples)
        return false;
    return true;
  };
  ASSERT_TRUE(timed("all count the four others", [&] { return all_count(16, {}); }));
  hive.kill(2);
  ASSERT_TRUE(timed("a killed node is marked on all", [&] { return !hive.all_see(2, "active"); }));
  ASSERT_TRUE(timed("a killed node is stale on all", [&] { return hive.all_see(2, "stale"); }));
  EXPECT_TRUE(all_count(16, {2})) << "what it measured still holds";
  hive.restart(2);
  ASSERT_TRUE(timed("a restarted node is back on all", [&] { return hive.all_see(2, "active"); }));
  ASSERT_TRUE(timed("all hold the same again", [&] { return hive.is_converged(); }));
  EXPECT_TRUE(all_count(16, {}));
  record(hive.at(2), "porting", "ruff", 1, 0);
  ASSERT_TRUE(timed("its new record counts once", [&] { return all_count(17, {2}); }));
}

TEST_F(federation_test, a_stopped_node_is_suspected_and_refutes) {
  test_hive hive{temp_.path(), 5};
  ASSERT_TRUE(timed("five nodes hold the same", [&] { return hive.is_converged(); }));
  hive.at(3).send(SIGSTOP);
  ASSERT_TRUE(timed("a stopped node is marked on all", [&] {
    for (size_t i = 0; i < hive.size(); ++i)
      if (i != 3 && hive.all_see(3, "active"))
        return false;
    return true;
  }));
  hive.at(3).send(SIGCONT);
  ASSERT_TRUE(timed("it refutes and is active on all", [&] { return hive.all_see(3, "active"); }));
  ASSERT_TRUE(timed("all hold the same", [&] { return hive.is_converged(); }));
}

TEST_F(federation_test, nothing_personal_leaves_a_node) {
  test_hive hive{temp_.path(), 2};
  for (int i = 0; i < 5; ++i) {
    auto answer = hive.at(0).post("/api/v1/tasks", R"({"task_type":"porting","tool_name":"ruff","completion_time_s":1,
      "success":true,"user_id":"user-zaphod","model_name":"model-beeblebrox"})");
    ASSERT_EQ(answer.status, 201) << answer.body;
  }
  ASSERT_TRUE(timed("it travels", [&] { return route(hive.at(1), "porting").tool == "ruff"; }));
  hive.at(1).send(SIGTERM);
  ASSERT_EQ(hive.at(1).await_end(), (process_end{0, 0}));
  size_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(temp_.path() / "node1")) {
    if (!file.is_regular_file())
      continue;
    ++files;
    auto bytes = file_text(file.path());
    EXPECT_EQ(bytes.find("zaphod"), std::string::npos) << file.path();
    EXPECT_EQ(bytes.find("beeblebrox"), std::string::npos) << file.path();
  }
  EXPECT_GT(files, 0u);
}

} // namespace
} // namespace hive::cluster
