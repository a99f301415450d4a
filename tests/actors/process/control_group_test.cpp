#include "actors/process/control_group.hpp"

#include "messages/ec.hpp"
#include "tests/actors/process/processes.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace testing_processes;
using sandbox::control_groups;
using sandbox::group_kind;
namespace fs = std::filesystem;

/// The directories named `hivemark-sandbox` in which this process makes its groups. Others belong to processes in other
/// groups.
std::vector<fs::path> group_families() {
  auto probe = control_groups::find().make({64 << 20, 10});
  std::vector<fs::path> out;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator{"/sys/fs/cgroup", none})
    if (entry.path().filename() == "hivemark-sandbox")
      for (const auto& group : fs::directory_iterator{entry.path(), none})
        if (group.path().filename().string().starts_with(std::to_string(getpid()) + ".")) {
          out.push_back(entry.path());
          break;
        }
  return out;
}

class control_group : public testing::Test {
protected:
  void SetUp() override {
    if (groups.kind() == group_kind::none)
      GTEST_SKIP() << "this process can make no control groups";
  }

  control_groups groups = control_groups::find();
};

TEST_F(control_group, takes_a_process_and_goes_when_it_ended) {
  auto made = groups.make({64 << 20, 10});
  ASSERT_TRUE(made) << text_of(made.error());
  size_t before = 0;
  for (const auto& family : group_families())
    before += static_cast<size_t>(std::distance(fs::directory_iterator{family}, {}));
  EXPECT_GT(before, 0u);
  EXPECT_EQ(made->exceeded(), "");
  for (int entrance : made->entrances())
    EXPECT_GE(entrance, 0);
  { auto ended = std::move(*made); }
  for (const auto& family : group_families())
    for (const auto& entry : fs::directory_iterator{family})
      EXPECT_FALSE(entry.is_directory() && entry.path().filename().string().starts_with(std::to_string(getpid()) + "."))
        << entry.path();
}

TEST_F(control_group, removes_what_an_ended_node_left_with_the_processes_in_it) {
  auto all = group_families();
  ASSERT_FALSE(all.empty());
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  for (const auto& family : all) {
    // No process of this pid started at the tick 1.
    auto left = family / (std::to_string(getpid()) + ".1.7");
    fs::create_directory(left);
    std::ofstream{left / "cgroup.procs"} << child;
  }
  control_groups::find();
  for (const auto& family : all)
    EXPECT_FALSE(fs::exists(family / (std::to_string(getpid()) + ".1.7")));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(control_group, keeps_the_groups_of_nodes_that_run) {
  auto made = groups.make({64 << 20, 10});
  ASSERT_TRUE(made) << text_of(made.error());
  control_groups::find();
  auto again = groups.make({64 << 20, 10});
  EXPECT_TRUE(again) << text_of(again.error());
  EXPECT_EQ(made->exceeded(), "");
}

/// A directory with the files of a control group of version 2, as far as making groups needs them.
class version_2 : public testing::Test {
protected:
  void make_group(const std::string& path, const std::string& controllers) {
    fs::create_directories(at(path));
    std::ofstream{at(path) + "/cgroup.controllers"} << controllers << "\n";
    std::ofstream{at(path) + "/cgroup.subtree_control"} << "";
  }
  std::string at(const std::string& path) const {
    return scratch.file("fs") + path;
  }
  control_groups find(const std::string& own) const {
    auto mounts = scratch.write("mountinfo", "30 23 0:26 / " + at("") + " rw,nosuid - cgroup2 cgroup2 rw\n");
    return control_groups::find(mounts, scratch.write("own", "0::" + own + "\n"));
  }

  scratch_directory scratch;
};

TEST_F(version_2, is_used_in_the_own_group_with_both_controllers) {
  make_group("/", "cpu memory pids");
  make_group("/node", "cpu memory pids");
  fs::create_directory(at("/node/hivemark-sandbox"));
  std::ofstream{at("/node/hivemark-sandbox/cgroup.subtree_control")} << "";
  EXPECT_EQ(find("/node").kind(), group_kind::v2);
  EXPECT_EQ(content(at("/node/cgroup.subtree_control")), "+memory +pids");
  EXPECT_EQ(content(at("/node/hivemark-sandbox/cgroup.subtree_control")), "+memory +pids");
  EXPECT_EQ(content(at("/cgroup.subtree_control")), "");
}

TEST_F(version_2, is_not_used_without_one_of_the_controllers) {
  make_group("/", "hugetlb memory");
  EXPECT_EQ(find("/").kind(), group_kind::none);
  EXPECT_FALSE(fs::exists(at("/hivemark-sandbox")));
}

TEST_F(version_2, is_found_above_the_own_group_when_that_has_no_controllers) {
  make_group("/", "");
  make_group("/service", "memory pids");
  make_group("/service/main", "");
  fs::create_directory(at("/service/hivemark-sandbox"));
  std::ofstream{at("/service/hivemark-sandbox/cgroup.subtree_control")} << "";
  EXPECT_EQ(find("/service/main").kind(), group_kind::v2);
}

} // namespace
} // namespace hive
