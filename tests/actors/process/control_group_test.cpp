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

/// The directories in one. Those that other processes remove meanwhile are left out.
std::vector<fs::path> directories_in(const fs::path& parent) {
  std::vector<fs::path> out;
  std::error_code none;
  for (fs::directory_iterator at{parent, none}; at != fs::directory_iterator{}; at.increment(none))
    if (at->is_directory(none) && !at->is_symlink(none))
      out.push_back(at->path());
  return out;
}

bool is_of_this_process(const fs::path& group) {
  return group.filename().string().starts_with(std::to_string(getpid()) + ".");
}

/// Adds the directories named `hivemark-sandbox` in which this process has groups.
void find_families(const fs::path& parent, std::vector<fs::path>& out) {
  for (const auto& path : directories_in(parent)) {
    find_families(path, out);
    if (path.filename() == "hivemark-sandbox" && std::ranges::any_of(directories_in(path), is_of_this_process))
      out.push_back(path);
  }
}

/// The directories in which this process makes its groups. Others belong to processes in other groups.
std::vector<fs::path> group_families() {
  auto probe = control_groups::find().make({64 << 20, 10});
  std::vector<fs::path> out;
  find_families("/sys/fs/cgroup", out);
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
    before += directories_in(family).size();
  EXPECT_GT(before, 0u);
  EXPECT_EQ(made->exceeded(), "");
  for (int entrance : made->entrances())
    EXPECT_GE(entrance, 0);
  { auto ended = std::move(*made); }
  for (const auto& family : group_families())
    for (const auto& group : directories_in(family))
      EXPECT_FALSE(is_of_this_process(group)) << group;
}

pid_t start_idle_process() {
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  return child;
}

TEST_F(control_group, removes_what_an_ended_node_left_with_the_processes_in_it) {
  auto all = group_families();
  ASSERT_FALSE(all.empty());
  std::vector<pid_t> children;
  for (const auto& family : all) {
    children.push_back(start_idle_process());
    // No process of this pid started at the tick 1. A node of another test may remove the group before the child is in.
    auto left = family / (std::to_string(getpid()) + ".1.7");
    bool taken = false;
    for (int attempt = 0; !taken && attempt < 100; ++attempt) {
      fs::create_directory(left);
      std::ofstream procs{left / "cgroup.procs"};
      taken = static_cast<bool>(procs << children.back() << std::flush);
    }
    ASSERT_TRUE(taken) << left;
  }
  control_groups::find();
  for (const auto& family : all)
    EXPECT_FALSE(fs::exists(family / (std::to_string(getpid()) + ".1.7")));
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
  }
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
