#include "actors/remote/register.hpp"

#include <caf/all.hpp>
#include <gtest/gtest.h>

// Another process can make this one decode messages declared in actors/remote/api.hpp, and no others.

namespace hive {
namespace {

class remote_messages : public testing::Test {
protected:
  remote_messages() {
    register_remote_messages(config_);
  }

  bool can_decode(const std::string& name) {
    return system_.types().make_value("hive." + name) != nullptr;
  }

  caf::actor_system_config config_;
  caf::actor_system system_{config_};
};

TEST_F(remote_messages, are_those_of_links_and_engines) {
  for (const char* name : {"Ping",
                           "Pong",
                           "GossipQuestion",
                           "GossipAnswer",
                           "Farewell",
                           "RecordTasks",
                           "TasksRecorded",
                           "BestToolQuery",
                           "BestTool",
                           "RouteQuery",
                           "Route",
                           "NodeQuery",
                           "NodeList",
                           "SpawnRequest",
                           "SpawnTicket",
                           "SpawnAdapter",
                           "SpawnResearch",
                           "EndSpawned",
                           "SpawnedEnded",
                           "GpuQuery",
                           "GpuList",
                           "RequestLease",
                           "LeaseQuery",
                           "RenewLease",
                           "ReleaseLease",
                           "Lease",
                           "LeaseRevoked",
                           "MeasureRequest",
                           "Measurement",
                           "ResearchIteration",
                           "ResearchImprovement",
                           "FinishResearch",
                           "ResearchSession",
                           "ResearchReport"})
    EXPECT_TRUE(can_decode(name)) << name;
}

TEST_F(remote_messages, are_none_that_run_commands_or_change_what_a_node_keeps) {
  for (const char* name :
       {"RunCommand",     "RunResult",     "CommandSpec",      "BenchmarkName", "CaptureRequest",  "StartCapture",
        "ImportSnapshot", "DeleteCapture", "Snapshot",         "ObserveModel",  "WorldModelStats", "UpgradeQuery",
        "LearningDelta",  "DropDelta",     "ForgetTaskSource", "TaskQuery",     "StartResearch",   "Event",
        "HiveDelta",      "NodeCard",      "NodeLoad",         "NodeGpus",      "ClearQuarantine"})
    EXPECT_FALSE(can_decode(name)) << name;
}

} // namespace
} // namespace hive
