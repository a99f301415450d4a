#include "tests/cluster/hived_process.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <future>
#include <gmock/gmock.h>

// A disk that does not confirm writes, like a dead NFS server or a failing drive.

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string body = R"({"metrics":{"m":{"value":1,"direction":"lower"}}})";

class stalled_disk : public testing::Test {
protected:
  void SetUp() override {
    node.await_ready();
    ASSERT_EQ(node.put("/api/v1/snapshots/before", body).status, 200);
    put_file(gate, "");
    waiting = std::async(std::launch::async, [&] { return node.put("/api/v1/snapshots/waiting", body); });
    ASSERT_TRUE(wait_until([&] { return node.get("/readyz").status == 503; }, 50ms)) << "it still counts as ready";
  }

  ~stalled_disk() override {
    fs::remove(gate);
  }

  temporary_directory temp;
  fs::path gate = temp.path() / "stalled";
  hived_process node{{.directory = temp.path(),
                      .wrapper = {"/usr/bin/env", "LD_PRELOAD=" HIVE_STALLED_DISK_FILE, "STALLED_DISK=" + gate.string(),
                                  "ASAN_OPTIONS=verify_asan_link_order=0"}}};
  std::future<reply> waiting;
};

TEST_F(stalled_disk, makes_the_node_not_ready_until_it_goes_on) {
  EXPECT_THAT(node.get("/readyz").body, HasSubstr("the disk has not confirmed a write for"));
  EXPECT_EQ(node.get("/healthz").status, 200);
  auto known = node.get("/api/v1/snapshots/before");
  EXPECT_EQ(known.status, 200) << "questions need no disk: " << known.body;
  fs::remove(gate);
  EXPECT_EQ(waiting.get().status, 200);
  EXPECT_TRUE(wait_until([&] { return node.get("/readyz").status == 200; }, 50ms));
}

TEST_F(stalled_disk, does_not_hold_up_a_stop_for_ever) {
  node.send(SIGTERM);
  EXPECT_EQ(node.await_end(), (process_end{failed, 0})) << node.log();
  EXPECT_THAT(node.log(), HasSubstr("hived ends without an ordered stop: the disk has not confirmed 1 writes for"));
  EXPECT_NE(waiting.get().status, 200) << "acknowledged without being on disk";
  fs::remove(gate);
  hived_process again{{.directory = temp.path()}};
  again.await_ready();
  EXPECT_EQ(again.get("/api/v1/snapshots/before").status, 200);
}

} // namespace
} // namespace hive::cluster
