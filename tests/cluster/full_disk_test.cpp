#include "messages/node.capnp.h"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <fstream>
#include <gmock/gmock.h>

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string snapshots = "/api/v1/snapshots";
const std::string body = R"({"metrics":{"m":{"value":1,"direction":"lower"}}})";

/// A command in a mount namespace of its own, where `directory` is a small disk. It goes with the command.
std::vector<std::string> on_small_disk(const fs::path& directory) {
  return {"unshare", "--map-root-user",
          "--mount", "sh",
          "-c",      "mount -t tmpfs -o size=256m hive-test " + directory.string() + R"( && exec "$0" "$@")"};
}

TEST(full_disk, writes_are_refused_while_reads_go_on_until_there_is_room_again) {
  temporary_directory temp;
  auto disk = temp.path() / "disk";
  fs::create_directory(disk);
  hived_options options{.directory = temp.path(),
                        .data = disk / "data",
                        .config = "[store]\nmin_free_mib = 16\n",
                        .wrapper = on_small_disk(disk),
                        .arguments = {"--version"}};
  if (hived_process probe{options}; probe.await_end() != process_end{0, 0})
    GTEST_SKIP() << "no small disk can be made here: " << probe.log();
  options.arguments.clear();
  hived_process node{options};
  node.await_ready();
  auto kept = node.put(snapshots + "/kept", body);
  ASSERT_EQ(kept.status, 200) << kept.body;

  // The disk as the node sees it.
  auto filler = fs::path{"/proc"} / std::to_string(node.pid()) / "root" / disk.relative_path() / "filler";
  std::ofstream{filler}.write(std::string(size_t{1} << 20, 'x').data(), 1 << 20);
  auto free = fs::space(filler).available;
  ASSERT_GT(free, size_t{16} << 20);
  {
    std::ofstream out{filler, std::ios::app};
    std::string block(size_t{1} << 20, 'x');
    for (size_t left = free - (size_t{8} << 20); left > block.size(); left -= block.size())
      out.write(block.data(), static_cast<std::streamsize>(block.size()));
  }
  for (int i = 0; i < 3; ++i) {
    auto refused = node.put(snapshots + "/refused", body);
    EXPECT_EQ(refused.status, 507) << refused.body;
    EXPECT_EQ(refused.content_type, "application/problem+json");
    auto problem = refused.as<wire::Problem>();
    EXPECT_STREQ(problem->getCode().cStr(), "storage_failed");
    EXPECT_THAT(problem->getDetail().cStr(), HasSubstr((disk / "data" / "store").string()));
    EXPECT_THAT(problem->getDetail().cStr(), HasSubstr("16 MiB must stay free"));
  }
  EXPECT_EQ(node.post(snapshots, R"({"version":"refused"})").status, 507);
  EXPECT_EQ(node.post("/api/v1/benchmarks", R"({"name":"x","command":["true"]})").status, 507);
  EXPECT_EQ(node.get(snapshots + "/kept").body, kept.body);
  EXPECT_EQ(node.get(snapshots + "/refused").status, 404);
  EXPECT_EQ(node.get("/readyz").status, 200);

  fs::remove(filler);
  EXPECT_EQ(node.put(snapshots + "/after", body).status, 200);
  EXPECT_EQ(node.put(snapshots + "/refused", body).status, 200) << "a refused write still holds its version";
  EXPECT_EQ(node.post("/api/v1/benchmarks", R"({"name":"x","command":["true"]})").status, 201)
    << "a refused registration still holds its name";
  EXPECT_EQ(node.get(snapshots + "/kept").body, kept.body);
}

} // namespace
} // namespace hive::cluster
