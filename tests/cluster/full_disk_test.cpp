#include "messages/node.capnp.h"
#include "tests/cluster/hived_process.hpp"
#include "tests/cluster/small_disk.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

namespace hive::cluster {
namespace {

using testing::HasSubstr;

const std::string body = R"({"metrics":{"m":{"value":1,"direction":"lower"}}})";

TEST(full_disk, writes_are_refused_while_reads_go_on_until_there_is_room_again) {
  temporary_directory temp;
  auto directory = temp.path() / "disk";
  small_disk disk{directory};
  hived_options options{.directory = temp.path(), .config = "[store]\nmin_free_mib = 16\n"};
  if (auto obstacle = disk.obstacle(options); !obstacle.empty())
    GTEST_SKIP() << obstacle;
  disk.use(options);
  hived_process node{options};
  node.await_ready();
  auto kept = node.put(snapshots + "/kept", body);
  ASSERT_EQ(kept.status, 200) << kept.body;

  disk.fill(node, 8);
  for (int i = 0; i < 3; ++i) {
    auto refused = node.put(snapshots + "/refused", body);
    EXPECT_EQ(refused.status, 507) << refused.body;
    EXPECT_EQ(refused.content_type, "application/problem+json");
    auto problem = refused.as<wire::Problem>();
    EXPECT_STREQ(problem->getCode().cStr(), "storage_failed");
    EXPECT_THAT(problem->getDetail().cStr(), HasSubstr((directory / "data" / "store").string()));
    EXPECT_THAT(problem->getDetail().cStr(), HasSubstr("16 MiB must stay free"));
  }
  EXPECT_EQ(node.post(snapshots, R"({"version":"refused"})").status, 507);
  EXPECT_EQ(node.post("/api/v1/benchmarks", R"({"name":"x","command":["true"]})").status, 507);
  EXPECT_EQ(node.get(snapshots + "/kept").body, kept.body);
  EXPECT_EQ(node.get(snapshots + "/refused").status, 404);
  EXPECT_EQ(node.get("/readyz").status, 503);

  disk.empty(node);
  EXPECT_EQ(node.put(snapshots + "/after", body).status, 200);
  EXPECT_EQ(node.put(snapshots + "/refused", body).status, 200) << "a refused write still holds its version";
  EXPECT_EQ(node.post("/api/v1/benchmarks", R"({"name":"x","command":["true"]})").status, 201)
    << "a refused registration still holds its name";
  EXPECT_EQ(node.get(snapshots + "/kept").body, kept.body);
}

} // namespace
} // namespace hive::cluster
