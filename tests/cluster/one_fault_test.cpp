#include "actors/defaults.hpp"
#include "tests/cluster/bad_node.hpp"
#include "tests/cluster/hive.hpp"
#include "tests/cluster/relay.hpp"
#include "tests/cluster/small_disk.hpp"
#include "tests/support/own_memory.hpp"
#include "tests/support/temporary_directory.hpp"

#include "messages/gossip.capnp.h"
#include "messages/node.capnp.h"

#include <csignal>
#include <gmock/gmock.h>

// Three nodes, of which one has a fault: its disk is full, or it does not read. The others keep working, and the faulty
// node is named.

namespace hive::cluster {
namespace {

using testing::HasSubstr;

/// What one connection may cost a node: data waiting for the peer to read, doubled because half of it is being written
/// and because buffers grow by doubling, and messages on their way.
constexpr size_t connection_mib = 4 * (defaults::max_unsent_bytes >> 20) + 32;

bool counts(const hived_process& node, const std::string& task, uint64_t samples) {
  return hive_samples(node, task) == samples;
}

TEST(one_fault, a_full_disk_stops_its_own_node_and_nobody_else) {
  temporary_directory temp;
  small_disk disk{temp.path() / "disk"};
  if (auto obstacle = disk.obstacle({.directory = temp.path()}); !obstacle.empty())
    GTEST_SKIP() << obstacle;
  test_hive hive{temp.path(), 3, "[store]\nmin_free_mib = 16\n", [&](size_t i, hived_options& node) {
                   if (i == 2)
                     disk.use(node);
                 }};
  auto &well = hive.at(0), &other = hive.at(1), &full = hive.at(2);
  for (size_t i = 0; i < 3; ++i)
    record(hive.at(i), "before", "ruff", 5, 0);
  ASSERT_TRUE(wait_until([&] { return hive.is_converged() && counts(full, "before", 10); }));

  disk.fill(full, 8);
  auto refused =
    full.post("/api/v1/tasks", R"({"task_type":"t","tool_name":"x","completion_time_s":1,"success":true})");
  EXPECT_EQ(refused.status, 507) << refused.body;
  EXPECT_STREQ(refused.as<wire::Problem>()->getCode().cStr(), "storage_failed");
  EXPECT_THAT(refused.as<wire::Problem>()->getDetail().cStr(), HasSubstr("16 MiB must stay free"));
  auto ready = full.get("/readyz");
  EXPECT_EQ(ready.status, 503) << ready.body;
  EXPECT_THAT(ready.body, HasSubstr("16 MiB must stay free"));
  EXPECT_EQ(full.get("/healthz").status, 200);
  EXPECT_EQ(well.get("/readyz").status, 200);
  for (int i = 0; i < 20; ++i) {
    record(well, "during", "ruff", 3, 0);
    record(other, "during", "ruff", 2, 0);
  }
  EXPECT_TRUE(wait_until([&] { return counts(well, "during", 40) && counts(other, "during", 60); }));
  EXPECT_TRUE(wait_until([&] { return counts(full, "during", 100); })) << "it listens on and answers from memory";
  EXPECT_TRUE(wait_until([&] { return hive.is_converged(); }));
  EXPECT_TRUE(hive.all_see(2, "active")) << "it is there";
  EXPECT_TRUE(wait_until([&] { return full.lines_with({"could not be stored"}) > 0; })) << full.log();
  EXPECT_THAT(full.log(), HasSubstr("16 MiB must stay free"));
  EXPECT_EQ(well.lines_with({"could not be stored"}) + other.lines_with({"could not be stored"}), 0U);

  disk.empty(full);
  EXPECT_EQ(full.get("/readyz").status, 200);
  record(full, "after", "ruff", 5, 0);
  EXPECT_TRUE(wait_until([&] { return counts(well, "after", 5) && counts(other, "after", 5); }));
  hive.kill(2);
  EXPECT_TRUE(counts(well, "before", 10)) << "what it measured stays";
}

class slow_reader : public testing::Test {
protected:
  /// A node that joins node 0 only through the relay, and stays although it receives nothing.
  std::unique_ptr<bad_node> admit() {
    auto out = std::make_unique<bad_node>(
      std::vector{way_.at()},
      bad_node::options{.advertise = endpoint{"127.0.0.1", 1}, .network = {.link_timeout = std::chrono::hours{1}}});
    EXPECT_TRUE(wait_until([&] { return out->is_linked_with(hive_.at(0)); }));
    return out;
  }

  /// Checks that records of each node still reach all others.
  void expect_others_go_on(const std::string& task) {
    auto start = std::chrono::steady_clock::now();
    for (size_t i = 0; i < 3; ++i)
      record(hive_.at(i), task, "ruff", 5, 0);
    for (size_t i = 0; i < 3; ++i)
      EXPECT_TRUE(wait_until([&] { return counts(hive_.at(i), task, 10); })) << "node " << i;
    std::cout << "records of all three were on all after "
              << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() << " s\n";
  }

  temporary_directory temp_;
  test_hive hive_{temp_.path(), 3};
  relay way_{hive_.at(0).door()};
};

TEST_F(slow_reader, one_that_asks_and_does_not_read_is_cut_before_it_costs_memory) {
  for (int part = 0; part < 4; ++part) {
    std::string body = "[";
    for (int i = 0; i < 1'000; ++i)
      body += std::string{i > 0 ? "," : ""} + R"({"task_type":"t)" + std::to_string(part * 1'000 + i) +
              R"(","tool_name":"a-tool-with-a-rather-long-name-that-fills-the-delta-quickly-)" + std::to_string(i) +
              R"(","completion_time_s":1,"success":true})";
    ASSERT_EQ(hive_.at(0).post("/api/v1/tasks", body + "]").status, 201);
  }
  ASSERT_TRUE(wait_until([&] {
    return hive_.at(1).get("/api/v1/hive/status").as<wire::HiveStatus>()->getSlots() > tool_buckets &&
           hive_.is_converged();
  }));
  auto before = hive_.at(0).memory_mib("VmHWM");
  auto bad = admit();
  auto everything = bad_node::question_with(msg<wire::HiveDelta>{});
  auto one = bad->ask(hive_.at(0), everything);
  ASSERT_TRUE(one) << text_of(one.error());
  way_.stop_reading();
  size_t asked = 0;
  EXPECT_TRUE(wait_until([&] {
    for (int i = 0; i < 20; ++i, ++asked)
      bad->ask_and_forget(hive_.at(0), everything);
    std::this_thread::sleep_for(20ms);
    return hive_.at(0).lines_with({"(peer not reading)"}) > 0;
  }))
    << hive_.at(0).log();
  auto after = hive_.at(0).memory_mib("VmHWM");
  std::cout << "answers of " << one->bytes().size() << " bytes, " << asked << " times asked: " << before
            << " MiB before, " << after << " MiB at most\n";
  EXPECT_TRUE(!memory_is_the_nodes_own || after <= before + connection_mib);
  EXPECT_TRUE(wait_until([&] { return hive_.at(0).lines_with({"Link lost", "node=" + bad->id()}) > 0; }));
  expect_others_go_on("afterwards");
}

TEST_F(slow_reader, one_that_is_silent_delays_nobody_and_loses_its_link) {
  auto bad = admit();
  way_.stop_reading();
  auto before = hive_.at(0).memory_mib("VmRSS");
  expect_others_go_on("meanwhile");
  EXPECT_TRUE(wait_until([&] { return hive_.at(0).lines_with({"questions in a row without an answer"}) > 0; }))
    << hive_.at(0).log();
  EXPECT_GT(hive_.at(0).lines_with({"Link lost", "node=" + bad->id()}), 0U) << hive_.at(0).log();
  std::cout << before << " MiB before, " << hive_.at(0).memory_mib("VmRSS") << " MiB after\n";
  EXPECT_TRUE(hive_.all_see(1, "active") && hive_.all_see(2, "active"));
}

TEST_F(slow_reader, one_that_is_stopped_delays_nobody) {
  ASSERT_TRUE(wait_until([&] { return hive_.is_converged(); }));
  auto before = hive_.at(0).memory_mib("VmRSS");
  hive_.at(2).send(SIGSTOP);
  record(hive_.at(0), "meanwhile", "ruff", 5, 0);
  EXPECT_TRUE(wait_until([&] { return counts(hive_.at(1), "meanwhile", 5); }));
  EXPECT_TRUE(wait_until([&] { return hive_.at(0).lines_with({"Link lost", "node=" + hive_.at(2).node()}) > 0; }));
  std::cout << before << " MiB before, " << hive_.at(0).memory_mib("VmRSS") << " MiB after\n";
  hive_.at(2).send(SIGCONT);
  EXPECT_TRUE(wait_until([&] { return counts(hive_.at(2), "meanwhile", 5) && hive_.is_converged(); }));
}

} // namespace
} // namespace hive::cluster
