#include "messages/gpu_probe.capnp.h"
#include "messages/snapshot.capnp.h"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/fake_gpus.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <gmock/gmock.h>

// Real nodes whose GPU driver is the fake library: absent, hanging, or with a device that is lost.

namespace hive::cluster {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string short_result = R"({"metrics":{"m":{"value":1,"direction":"lower"}}})";

class gpu_node : public testing::Test {
protected:
  /// A node on the fake library, reached by a path of this test alone.
  hived_options options(const std::string& more = {}) {
    if (!std::filesystem::exists(library))
      std::filesystem::create_symlink(fake_gpus::library(), library);
    return {.directory = temp.path(),
            .config = "[gpu]\nlibrary = \"" + library.string() + "\"\n" + more,
            .wrapper = gpus.wrapper(),
            .arguments = {"--door", "127.0.0.1:0"}};
  }

  std::vector<pid_t> probes() const {
    return processes_marked(library.string());
  }

  std::string gpu_of(const hived_process& node) const {
    register_script(node, "one", print_metric("m", "1"), temp.path().string());
    auto snapshot = node.post("/api/v1/snapshots", R"({"version":"v","adapters":["one"]})").as<wire::Snapshot>();
    return snapshot->getEnvironment().getGpu().cStr();
  }

  temporary_directory temp;
  std::filesystem::path library = temp.path() / "libnvidia-ml.so.1";
  fake_gpus gpus{temp.path()};
};

TEST_F(gpu_node, describes_its_devices_as_the_probe_reports_them) {
  gpus.devices = {{.uuid = "GPU-0", .name = "Sound GPU"}, {.uuid = "GPU-1", .state = "lost"}};
  gpus.write();
  hived_process node{options()};
  node.await_ready();
  auto nodes = node.get("/api/v1/hive/nodes").body;
  EXPECT_THAT(nodes, HasSubstr(R"("name":"Sound GPU","vram_mib":8192)"));
  EXPECT_THAT(nodes, HasSubstr("unknown GPU (nvmlDeviceGetHandleByIndex_v2: NVML error 15: the GPU is lost)"));
  EXPECT_THAT(gpu_of(node), HasSubstr("Sound GPU, unknown GPU ("));
  EXPECT_EQ(probes().size(), 1u);
  node.send(SIGTERM);
  EXPECT_EQ(node.await_end(), (process_end{0, 0}));
  EXPECT_THAT(probes(), IsEmpty());
}

TEST_F(gpu_node, starts_serves_and_stops_while_the_driver_hangs) {
  gpus.lines = {"call name=nvmlInit_v2 hang"};
  gpus.write();
  hived_process node{options()};
  node.await_ready();
  EXPECT_THAT(gpu_of(node), HasSubstr("unknown: the GPU probe"));
  EXPECT_EQ(node.put("/api/v1/snapshots/w", short_result).status, 200);
  EXPECT_EQ(node.get("/readyz").status, 200);
  EXPECT_THAT(node.get("/api/v1/hive/nodes").body, Not(HasSubstr("vram_mib")));
  EXPECT_TRUE(wait_until([&] { return node.lines_with({"GPUs are unknown: ", "silent"}) == 1; }));
  node.send(SIGTERM);
  EXPECT_EQ(node.await_end(), (process_end{0, 0}));
  EXPECT_THAT(probes(), IsEmpty());
}

TEST_F(gpu_node, notices_a_driver_that_hangs_and_recovers) {
  hived_process node{options()};
  node.await_ready();
  gpus.devices[0].state = "hang";
  gpus.write();
  ASSERT_TRUE(
    wait_until([&] { return node.lines_with({"GPUs are unknown: the GPU probe has been silent for 2 s"}) >= 1; }));
  EXPECT_EQ(node.put("/api/v1/snapshots/v", short_result).status, 200);
  gpus.devices[0].state = "ok";
  gpus.write();
  EXPECT_TRUE(wait_until([&] { return node.lines_with({"GPUs are known."}) >= 2; }));
}

TEST_F(gpu_node, the_probe_dies_with_a_node_that_is_killed) {
  gpus.lines = {"call name=nvmlInit_v2 hang"};
  gpus.write();
  hived_process node{options()};
  node.await_ready();
  ASSERT_EQ(probes().size(), 1u);
  node.kill();
  EXPECT_TRUE(wait_until([&] { return probes().empty(); }));
}

TEST_F(gpu_node, without_a_driver_there_is_none) {
  hived_process node{{.directory = temp.path(), .config = "[gpu]\nlibrary = \"libno-such-nvml.so.1\"\n"}};
  node.await_ready();
  EXPECT_EQ(gpu_of(node), "none");
  EXPECT_EQ(node.lines_with({"No GPU can be used: no NVIDIA driver on this machine"}), 1u);
}

TEST_F(gpu_node, a_probe_that_is_missing_leaves_the_gpus_unknown) {
  hived_process node{options("probe = \"" + (temp.path() / "nothing").string() + "\"\n")};
  node.await_ready();
  EXPECT_THAT(gpu_of(node), HasSubstr("unknown: the GPU probe does not start: command '" + temp.path().string()));
}

} // namespace
} // namespace hive::cluster
