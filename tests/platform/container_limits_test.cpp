#include "platform/container_limits.hpp"

#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

struct container_limits_fixture : testing::Test {
  void put(const std::string& file, const std::string& text) {
    auto path = folder.path() / file;
    std::filesystem::create_directories(path.parent_path());
    put_file(path, text);
  }

  std::string found() const {
    auto limits = find_container_limits(folder.path());
    return limits.processors + ", " + limits.memory;
  }

  temporary_directory folder;
};

TEST_F(container_limits_fixture, are_unknown_without_control_groups) {
  EXPECT_EQ(found(), ", ");
}

TEST_F(container_limits_fixture, of_version_2_are_the_tightest_up_to_the_root) {
  put("proc/self/cgroup", "0::/system.slice/hived.service\n");
  EXPECT_EQ(found(), "none, none") << "the root has no files";
  put("sys/fs/cgroup/system.slice/cpu.max", "250000 100000\n");
  put("sys/fs/cgroup/system.slice/memory.max", "max\n");
  put("sys/fs/cgroup/system.slice/hived.service/cpu.max", "max 100000\n");
  put("sys/fs/cgroup/system.slice/hived.service/memory.max", "4294967296\n");
  EXPECT_EQ(found(), "2.5, 4096 MiB");
}

TEST_F(container_limits_fixture, of_a_container_are_those_at_its_root) {
  put("proc/self/cgroup", "0::/docker/0123\n");
  put("sys/fs/cgroup/cpu.max", "50000 100000\n");
  put("sys/fs/cgroup/memory.max", "536870912\n");
  EXPECT_EQ(found(), "0.5, 512 MiB");
}

TEST_F(container_limits_fixture, of_version_1_are_in_a_hierarchy_for_each_controller) {
  put("proc/self/cgroup", "9:name=systemd:/\n4:memory:/a/b\n1:cpu,cpuacct:/a\n0::/\n");
  put("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
  put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(found(), "none, none");
  put("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1073741824\n");
  put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "300000\n");
  EXPECT_EQ(found(), "3, 1024 MiB");
}

TEST_F(container_limits_fixture, of_another_form_are_none) {
  put("proc/self/cgroup", "what\n0:\n0::/a/b/../c\n");
  put("sys/fs/cgroup/cpu.max", "much\n");
  put("sys/fs/cgroup/memory.max", "much\n");
  EXPECT_EQ(found(), "none, none");
}

} // namespace
} // namespace hive
