// Engines that lease GPU memory of real nodes, whose GPU driver is the fake library.

#include "messages/door.capnp.h"
#include "messages/text.hpp"
#include "tests/cluster/engine_hive.hpp"
#include "tests/cluster/engine_process.hpp"
#include "tests/paths.hpp"
#include "tests/support/fake_gpus.hpp"

#include <future>
#include <mutex>
#include <optional>

namespace hive::cluster {
namespace {

using testing::HasSubstr;

constexpr auto leases = "/api/v1/gpus/leases";

/// `near` has a GPU of 2 GiB, and `far` one of 24 GiB.
class engine_leases : public engine_hive {
protected:
  hived_options with_gpus(const std::string& name, uint64_t total_mib, const std::string& more = {}) {
    auto out = options(name, more + std::string{allow_shell} + fake_gpus::config());
    fake_gpus gpus{path(name), {{.uuid = "GPU-" + name, .total_mib = total_mib}}};
    out.wrapper = gpus.wrapper();
    return out;
  }

  void start_near() {
    near = start(with_gpus("near", 2'048));
    ASSERT_TRUE(wait_until([&] { return gpu_of(*near, *near) > 0; })) << near->log();
  }

  void start_two() {
    start_near();
    far = join(with_gpus("far", 24'576, "[node]\nlabels = [\"far\"]\n"), *near);
    ASSERT_TRUE(wait_until([&] { return knows(*near, *far) && knows(*far, *near) && gpu_of(*far, *near) > 0; }))
      << near->log() << far->log();
  }

  /// What `asked` knows of the largest GPU of `which`.
  static uint64_t gpu_of(const hived_process& which, const hived_process& asked) {
    auto list = asked.get("/api/v1/hive/nodes").as<wire::NodeList>();
    for (auto node : list->getNodes())
      if (as_view(node.getId()) == which.node())
        return node.getGpuMib();
    return 0;
  }

  static msg<wire::Lease> lease_on(const hived_process& node, const std::string& id) {
    return node.get(std::string{leases} + "/" + id).as<wire::Lease>();
  }

  static bool has_ended(const hived_process& node, const std::string& id) {
    return lease_on(node, id)->getState() == wire::LeaseState::ENDED;
  }

  /// The one lease that has ended on the node, once its memory has been seen free.
  static std::optional<msg<wire::Lease>> only_ended(const hived_process& node) {
    std::optional<msg<wire::Lease>> out;
    wait_until([&] {
      auto history = node.get("/api/v1/gpus/history").as<wire::LeaseHistory>();
      if (history->getLeases().size() == 1)
        out = msg<wire::Lease>::copy_of(history->getLeases()[0]);
      return out.has_value();
    });
    return out;
  }

  static msg<wire::CommandSpec> heavy(double vram_gb) {
    return msg<wire::CommandSpec>::build([&](wire::CommandSpec::Builder out) {
      out.setName("heavy");
      auto words = out.initCommand(3);
      words.set(0, "/bin/sh");
      words.set(1, "-c");
      words.set(2, R"sh(printf '{"metrics":{"device":{"value":1,"direction":"higher","unit":"%s"}}}' )sh"
                   R"sh("$CUDA_VISIBLE_DEVICES")sh");
      out.setTimeoutS(60);
      out.setRequiresGpu(true);
      out.setMinVramGb(vram_gb);
    });
  }
};

TEST_F(engine_leases, are_held_renewed_and_given_back) {
  start_near();
  auto engine = connect(*near);
  auto gpus = engine.gpus();
  ASSERT_TRUE(gpus) << text_of(gpus.error());
  EXPECT_EQ((*gpus)->getGpus().size(), 1U);
  std::string id;
  {
    auto lease = engine.lease({.vram_gb = 1, .ttl = 1s});
    ASSERT_TRUE(lease) << text_of(lease.error()) << near->log();
    id = lease->id();
    EXPECT_EQ(lease->node().value, near->node());
    ASSERT_EQ(lease->devices().size(), 1U);
    EXPECT_EQ(lease->devices()[0].uuid, "GPU-near");
    EXPECT_EQ(lease->environment()[0], (std::pair<std::string, std::string>{"CUDA_VISIBLE_DEVICES", "GPU-near"}));
    EXPECT_FALSE(lease->token().empty());
    auto held = lease_on(*near, id);
    EXPECT_EQ(as_view(held->getHolder()), "engine7");
    EXPECT_EQ(held->getState(), wire::LeaseState::ACTIVE);
    auto first = held->getExpiresAt();
    EXPECT_TRUE(wait_until([&] { return lease_on(*near, id)->getExpiresAt() > first + 2'000'000; }))
      << "it is renewed for longer than it lasts";
    EXPECT_FALSE(lease->is_lost()) << lease->why_lost();
    EXPECT_FALSE(lease->ready());
  }
  EXPECT_TRUE(wait_until([&] { return has_ended(*near, id); })) << near->log();
  EXPECT_EQ(lease_on(*near, id)->getOutcome(), wire::LeaseOutcome::RELEASED);
}

TEST_F(engine_leases, wait_for_each_other_or_give_up) {
  start_near();
  auto engine = connect(*near);
  auto other = connect(*near, "engine8");
  auto first = engine.lease({.vram_gb = 1});
  ASSERT_TRUE(first) << text_of(first.error());
  auto none = other.lease({.vram_gb = 1, .wait = 200ms});
  EXPECT_EQ(code_of(none.error()), ec::timed_out);
  EXPECT_TRUE(wait_until([&] { return near->get("/api/v1/gpus").as<wire::GpuList>()->getQueued() == 0; }))
    << "it is withdrawn";
  auto waiting = std::async(std::launch::async, [&] { return other.lease({.vram_gb = 1}); });
  EXPECT_TRUE(wait_until([&] { return near->get("/api/v1/gpus").as<wire::GpuList>()->getQueued() == 1; }));
  EXPECT_TRUE(other.nodes()) << "its other requests are answered meanwhile";
  EXPECT_FALSE(first->release());
  auto second = waiting.get();
  ASSERT_TRUE(second) << text_of(second.error()) << near->log();
  EXPECT_EQ(as_view(lease_on(*near, second->id())->getHolder()), "engine8");
  EXPECT_TRUE(first->is_lost());
}

TEST_F(engine_leases, are_taken_on_another_node_that_is_named_or_chosen) {
  start_two();
  auto engine = connect(*near);
  for (const auto& where : {spawn_place::on({far->node()}), spawn_place::with({"far"}), spawn_place::best()}) {
    auto lease = engine.lease({.vram_gb = 8, .place = where});
    ASSERT_TRUE(lease) << text_of(lease.error()) << far->log();
    EXPECT_EQ(lease->node().value, far->node());
    EXPECT_EQ(lease->devices()[0].uuid, "GPU-far");
    EXPECT_EQ(as_view(lease_on(*far, lease->id())->getHolder()), "engine7");
  }
  auto own = engine.lease({.vram_gb = 8});
  EXPECT_EQ(code_of(own.error()), ec::unsupported) << "its own node has no such GPU";
  auto nowhere = engine.lease({.vram_gb = 80, .place = spawn_place::best()});
  EXPECT_EQ(code_of(nowhere.error()), ec::unsupported);
  EXPECT_THAT(text_of(nowhere.error()), HasSubstr("node " + far->node() + " can lease at most"));
  EXPECT_EQ(code_of(engine.lease({.vram_gb = -1}).error()), ec::invalid);
  EXPECT_EQ(code_of(engine.lease({.vram_gb = 1, .place = spawn_place::on({"nobody"})}).error()), ec::not_found);
}

TEST_F(engine_leases, heavy_spawns_go_to_the_node_with_the_gpu_and_run_there_under_a_lease) {
  start_two();
  auto engine = connect(*near);
  auto adapter = engine.spawn(heavy(8), spawn_place::best());
  ASSERT_TRUE(adapter) << text_of(adapter.error()) << near->log();
  EXPECT_EQ(adapter->node.value, far->node());
  auto measured = ask<msg<wire::Measurement>>(engine, adapter->actor, msg<wire::MeasureRequest>{}, 60s);
  ASSERT_TRUE(measured) << text_of(measured.error()) << far->log();
  ASSERT_EQ((*measured)->getMetrics().size(), 1U) << to_json(*measured);
  EXPECT_EQ(as_view((*measured)->getMetrics()[0].getUnit()), "GPU-far");
  auto lease = only_ended(*far);
  ASSERT_TRUE(lease) << far->log();
  EXPECT_EQ(as_view((*lease)->getHolder()), "heavy");
  auto none = engine.spawn(heavy(80), spawn_place::best());
  EXPECT_EQ(code_of(none.error()), ec::unsupported);
  EXPECT_THAT(text_of(none.error()), HasSubstr("node " + near->node() + " can lease at most"));
  auto too_small = engine.spawn(heavy(8), spawn_place::on({near->node()}));
  EXPECT_EQ(code_of(too_small.error()), ec::unsupported);
}

TEST_F(engine_leases, end_at_once_when_their_engine_is_killed) {
  start_near();
  engine_process holder{{LEASING_ENGINE_FILE, near->door(), tls_directory("engine7", certificate_role::engine), "1"}};
  auto id = holder.first_line();
  ASSERT_FALSE(id.empty()) << near->log();
  auto engine = connect(*near, "engine8");
  auto waiting = std::async(std::launch::async, [&] { return engine.lease({.vram_gb = 1}); });
  ASSERT_TRUE(wait_until([&] { return near->get("/api/v1/gpus").as<wire::GpuList>()->getQueued() == 1; }));
  auto since = std::chrono::steady_clock::now();
  holder.kill();
  auto next = waiting.get();
  ASSERT_TRUE(next) << text_of(next.error()) << near->log();
  auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
  RecordProperty("granted_after_s", std::to_string(took));
  std::printf("a killed engine's GPU was another's after %.2f s\n", took);
  EXPECT_TRUE(wait_until([&] { return has_ended(*near, id); }));
  EXPECT_EQ(lease_on(*near, id)->getOutcome(), wire::LeaseOutcome::HOLDER_GONE);
}

TEST_F(engine_leases, that_are_revoked_say_so_to_the_engine_which_gives_them_back) {
  start_near();
  auto engine = connect(*near);
  std::promise<std::string> lost;
  std::mutex mutex;
  std::optional<gpu_lease> kept;
  gpu_lease_options wanted{.vram_gb = 1};
  wanted.on_lost = [&](const std::string& why) {
    {
      std::lock_guard lock{mutex};
      kept.reset(); // gives it back
    }
    lost.set_value(why);
  };
  std::string id;
  {
    std::lock_guard lock{mutex};
    auto lease = engine.lease(wanted);
    ASSERT_TRUE(lease) << text_of(lease.error());
    id = lease->id();
    kept = std::move(*lease);
  }
  auto revoked = near->request("DELETE", std::string{leases} + "/" + id, R"({"reason":"maintenance"})");
  ASSERT_EQ(revoked.status, 200) << revoked.body;
  auto told = lost.get_future();
  ASSERT_EQ(told.wait_for(patience), std::future_status::ready) << near->log();
  EXPECT_THAT(told.get(), HasSubstr("maintenance"));
  EXPECT_TRUE(wait_until([&] { return has_ended(*near, id); })) << near->log();
  EXPECT_EQ(lease_on(*near, id)->getOutcome(), wire::LeaseOutcome::REVOKED);
  EXPECT_EQ(near->lines_with({"GPU lease is being taken away", "lease=" + id}), 1U) << "nothing had to be killed";
  auto again = engine.lease({.vram_gb = 1});
  EXPECT_TRUE(again) << text_of(again.error()) << " and the connection is still there";
}

TEST_F(engine_leases, end_by_force_alone_when_a_revoked_one_is_not_given_back) {
  start_near();
  auto engine = connect(*near);
  auto stubborn = engine.lease({.vram_gb = 0.6, .shared = true});
  ASSERT_TRUE(stubborn) << text_of(stubborn.error());
  EXPECT_FALSE(stubborn->ready());
  auto other = engine.lease({.vram_gb = 0.6, .shared = true});
  ASSERT_TRUE(other) << text_of(other.error());
  ASSERT_EQ(near->request("DELETE", std::string{leases} + "/" + stubborn->id(), R"({"now":true})").status, 200);
  EXPECT_TRUE(wait_until([&] { return has_ended(*near, stubborn->id()); })) << near->log();
  EXPECT_FALSE(other->is_lost()) << "the engine's other lease and its connection go on";
  EXPECT_TRUE(engine.nodes());
  EXPECT_TRUE(wait_until([&] { return stubborn->is_lost(); })) << "the engine is told";
}

TEST_F(engine_leases, are_what_the_example_uses) {
  start_near();
  test::program what;
  what.command = {HIVE_EXAMPLE_ENGINE_FILE, near->door(), tls_directory("example", certificate_role::engine)};
  auto ended = test::run_program(what);
  EXPECT_EQ(ended.status, 0) << ended.err << near->log();
  EXPECT_THAT(ended.out, HasSubstr(" MiB of GPU-near on node " + near->node()));
  auto lease = only_ended(*near);
  ASSERT_TRUE(lease) << near->log();
  EXPECT_EQ((*lease)->getOutcome(), wire::LeaseOutcome::RELEASED);
}

TEST_F(engine_leases, are_lost_with_the_node) {
  start_near();
  auto engine = connect(*near);
  auto lease = engine.lease({.vram_gb = 1});
  ASSERT_TRUE(lease) << text_of(lease.error());
  near->kill();
  EXPECT_TRUE(wait_until([&] { return lease->is_lost(); }));
  EXPECT_THAT(lease->why_lost(), HasSubstr("connection"));
  EXPECT_FALSE(lease->release()) << "nothing is left to give back";
}

} // namespace
} // namespace hive::cluster
