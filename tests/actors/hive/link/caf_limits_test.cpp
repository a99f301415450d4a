// Behaviour of CAF 0.17.6 that the hive relies on or works around: a newer CAF that differs fails here first.

#include "tests/actors/hive/test_node.hpp"

#include <caf/actor_registry.hpp>
#include <gtest/gtest.h>
#include <thread>

namespace hive {
namespace {

using namespace std::chrono_literals;
using drop_atom = caf::atom_constant<caf::atom("drop")>;

/// Two linked nodes.
class caf_limits_test : public testing::Test {
protected:
  void SetUp() override {
    far = std::make_unique<test_node>(test_node_options{});
    near = std::make_unique<test_node>(test_node_options{.join = {far->at()}});
    wait_until([&] { return near->is_linked_with(*far) && far->is_linked_with(*near); });
    ASSERT_TRUE(near->is_linked_with(*far));
  }

  link_actor link() {
    return near->journal().links().at(far->id()).peer;
  }

  std::unique_ptr<test_node> far;
  std::unique_ptr<test_node> near;
};

TEST_F(caf_limits_test, remote_spawning_is_refused) {
  auto spawned =
    near->system().middleman().remote_spawn<caf::actor>(link().node(), "anything", caf::make_message(), 1s);
  ASSERT_FALSE(spawned);
  EXPECT_EQ(code_of(spawned.error()), ec::forbidden) << far->system().render(spawned.error());
  EXPECT_EQ(far->system().registry().get(caf::atom("ConfigServ")), nullptr);
  EXPECT_EQ(exchange_pings(*near, far->id(), 10), 10U) << "and the link is none the worse";
}

TEST_F(caf_limits_test, remote_spawning_would_work_otherwise) {
  struct open_config : test_network_config {
    open_config() {
      add_actor_type("idle", [](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; });
    }
  };
  open_config config;
  caf::actor_system server{config};
  EXPECT_NE(server.registry().get(caf::atom("SpawnServ")), nullptr) << "it need not be taken away any more";
}

TEST_F(caf_limits_test, a_lost_node_is_unreachable) {
  caf::scoped_actor self{near->system()};
  self->monitor(link());
  far.reset();
  bool down = false;
  self->receive(
    [&](const caf::down_msg& msg) {
      down = true;
      EXPECT_TRUE(msg.reason == caf::exit_reason::remote_link_unreachable ||
                  msg.reason == caf::exit_reason::user_shutdown)
        << caf::to_string(msg.reason);
    },
    caf::after(10s) >> [] {});
  EXPECT_TRUE(down);
}

TEST_F(caf_limits_test, a_request_to_a_dead_actor_needs_its_timeout) {
  auto peer = link();
  far.reset();
  wait_until([&] { return near->journal().links().empty(); });
  caf::scoped_actor self{near->system()};
  bool failed = false;
  self->request(peer, 1s, msg<wire::Ping>{})
    .receive([](const msg<wire::Pong>&) {}, [&](const caf::error&) { failed = true; });
  EXPECT_TRUE(failed);
}

TEST(caf_limits, a_normal_exit_is_ignored) {
  test_config config;
  caf::actor_system system{config};
  auto actor = system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int x) { return x; }}; });
  caf::anon_send_exit(actor, caf::exit_reason::normal);
  caf::scoped_actor self{system};
  int answer = 0;
  self->request(actor, 5s, 7).receive([&](int x) { answer = x; }, [](const caf::error&) {});
  EXPECT_EQ(answer, 7);
}

TEST(caf_limits, a_dropped_promise_leaves_its_requester_to_the_timeout) {
  test_config config;
  caf::actor_system system{config};
  auto dropper = system.spawn([](caf::event_based_actor* self) -> caf::behavior {
    return {[self](drop_atom) -> caf::result<int> {
      auto promise = self->make_response_promise<int>();
      return caf::delegated<int>{}; // the promise is dropped
    }};
  });
  caf::scoped_actor self{system};
  caf::error why;
  self->request(dropper, 300ms, drop_atom::value).receive([](int) {}, [&](caf::error& err) { why = std::move(err); });
  EXPECT_EQ(why, caf::sec::request_timeout);
}

TEST(caf_limits, a_type_that_only_one_end_knows_arrives_nowhere) {
  struct half_config : caf::actor_system_config {
    half_config() {
      load<caf::io::middleman>();
      add_error_category(caf::atom("hive"), render_error);
    }
  };
  test_network_config knowing;
  half_config ignorant;
  caf::actor_system there{knowing}, here{ignorant};
  auto published = there.spawn(link_face, gossip_answering{answer_only_pings});
  auto port = there.middleman().publish(published, 0, "127.0.0.1");
  ASSERT_TRUE(port);
  auto remote = here.middleman().remote_actor<link_actor>("127.0.0.1", *port);
  EXPECT_FALSE(remote && [&] {
    caf::scoped_actor self{here};
    bool answered = false;
    self->request(*remote, 1s, msg<wire::Ping>{})
      .receive([&](const msg<wire::Pong>&) { answered = true; }, [](const caf::error&) {});
    return answered;
  }());
  caf::anon_send_exit(published, caf::exit_reason::user_shutdown);
}

} // namespace
} // namespace hive
