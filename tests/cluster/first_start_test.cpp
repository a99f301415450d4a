#include "tests/cluster/hived_process.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

// The first start on a data directory: on a disk that becomes full at any point of the start, and in a directory that
// others can read.

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

constexpr long most_writes = 2'000;
/// Normally each of the first writes, which create files, fails once; of the later ones, one in `normal_stride`.
constexpr long each_of_the_first = 20;
constexpr long normal_stride = 7;

hived_options on_failing_disk(const fs::path& directory, long after) {
  auto data = (directory / "data").string();
  return {.directory = directory,
          .wrapper = {"/usr/bin/env", "LD_PRELOAD=" HIVE_FAILING_DISK_FILE, "FAILING_DISK=" + data,
                      "FAILING_DISK_AFTER=" + std::to_string(after), "ASAN_OPTIONS=verify_asan_link_order=0"}};
}

/// Whether the node started nevertheless, because it made no more than `writes` writes.
bool starts_with(long writes) {
  SCOPED_TRACE("the disk is full after " + std::to_string(writes) + " writes");
  temporary_directory temp;
  {
    hived_process node{on_failing_disk(temp.path(), writes)};
    if (node.becomes_ready())
      return true;
    EXPECT_EQ(node.await_end(), (process_end{failed, 0})) << node.log();
    EXPECT_THAT(node.log(), AllOf(AnyOf(HasSubstr("Startup failed: "),
                                        HasSubstr("hived ends: ")), // the second when RocksDB gives up
                                  HasSubstr((temp.path() / "data").string())));
  }
  hived_process with_room{{.directory = temp.path()}};
  EXPECT_TRUE(with_room.becomes_ready()) << "a half-made first start counts as damage: " << with_room.log();
  return false;
}

TEST(first_start, a_disk_that_is_full_at_any_stage_ends_it_and_the_next_one_with_room_works) {
  long writes = 0, refused = 0;
  while (writes < most_writes && !starts_with(writes)) {
    ++refused;
    writes += is_soak() || writes < each_of_the_first ? 1 : normal_stride;
  }
  std::printf("%ld starts refused, on disks with room for up to %ld writes\n", refused, writes);
  EXPECT_GT(refused, each_of_the_first);
  EXPECT_LT(writes, most_writes);
}

TEST(first_start, a_disk_without_room_is_refused_before_anything_is_made) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path(), .config = "[store]\nmin_free_mib = 1048576\n"}};
  EXPECT_EQ(node.await_end(), (process_end{failed, 0})) << node.log();
  EXPECT_THAT(node.log(), AllOf(HasSubstr((temp.path() / "data").string()), HasSubstr("1048576 MiB are needed")));
  EXPECT_TRUE(fs::is_empty(temp.path() / "data"));
}

fs::perms loose_perms_below(const fs::path& directory) {
  auto out = fs::status(directory).permissions();
  for (const auto& entry : fs::recursive_directory_iterator{directory})
    out |= entry.status().permissions();
  return out & (fs::perms::group_all | fs::perms::others_all);
}

TEST(first_start, a_directory_that_others_can_read_is_tightened) {
  temporary_directory temp;
  auto data = temp.path() / "data";
  fs::create_directory(data);
  fs::permissions(data, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read |
                          fs::perms::others_exec);
  auto before = ::umask(0);
  hived_process node{{.directory = temp.path()}};
  ::umask(before);
  node.await_ready();
  EXPECT_EQ(node.put("/api/v1/snapshots/v", "{\"metrics\":{\"m\":{\"value\":1,\"direction\":\"lower\"}}}").status, 200);
  EXPECT_EQ(loose_perms_below(data), fs::perms::none);
}

TEST(first_start, a_store_that_others_can_read_is_tightened_with_a_warning) {
  temporary_directory temp;
  auto data = temp.path() / "data";
  {
    hived_process node{{.directory = temp.path()}};
    node.await_ready();
  }
  for (const auto& entry : fs::recursive_directory_iterator{data})
    fs::permissions(entry.path(), fs::perms::group_all | fs::perms::others_all, fs::perm_options::add);
  fs::permissions(data, fs::perms::others_all, fs::perm_options::add);
  hived_process node{{.directory = temp.path()}};
  node.await_ready();
  EXPECT_EQ(loose_perms_below(data), fs::perms::none);
  EXPECT_THAT(node.log(), HasSubstr("Other users could read " + data.string()));
}

} // namespace
} // namespace hive::cluster
