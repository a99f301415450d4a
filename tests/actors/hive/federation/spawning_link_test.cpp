#include "messages/engine.capnp.h"
#include "messages/text.hpp"
#include "tests/actors/hive/federation/federation_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// A node asks another one to spawn, over their link.

namespace hive {
namespace {

using namespace std::chrono_literals;

/// Refuses, and names the node that asked and the thing.
caf::behavior refusing_spawner(caf::event_based_actor*) {
  auto refuse = [](const char* what, const node_id& node) {
    return fail(ec::overloaded, std::string{what} + " for node " + node.value);
  };
  return {
    [refuse](const link_request<wire::SpawnAdapter>& asked) -> caf::result<adapter_actor> {
      return refuse("an adapter", asked.node);
    },
    [refuse](const link_request<wire::SpawnResearch>& asked) -> caf::result<research_session_actor> {
      return refuse("a session", asked.node);
    },
    [](const link_request<wire::EndSpawned>& asked) {
      return msg<wire::SpawnedEnded>::build(
        [&](wire::SpawnedEnded::Builder out) { out.setId(asked.request->getEngine()); });
    },
  };
}

class spawning_link_test : public testing::Test {
protected:
  static federation_node_options options(const std::filesystem::path& directory, caf::actor_system*& system,
                                         std::vector<endpoint> join = {}) {
    federation_node_options out;
    out.join = std::move(join);
    out.topics = [&system](caf::actor_system& its) {
      system = &its;
      return std::vector<slot_topic>{};
    };
    out.directory = directory;
    return out;
  }

  caf::expected<spawning_link_actor> link_with(const node_id& node) {
    return near_.ask<spawning_link_actor>(link_query{node});
  }

  /// What node `far` answers.
  template <class Answer, class Request>
  caf::expected<Answer> ask_far(const spawning_link_actor& link, const msg<Request>& request) {
    caf::scoped_actor self{*near_system_};
    caf::expected<Answer> out{caf::error{}};
    self->request(link, patience, request)
      .receive([&](const Answer& answer) { out = answer; }, [&](caf::error& error) { out = std::move(error); });
    return out;
  }

  ~spawning_link_test() override {
    if (!spawner_)
      return;
    // The other node holds a handle of it until its system is destroyed, by when it must have ended.
    caf::scoped_actor self{*far_system_};
    self->send_exit(spawner_, caf::exit_reason::user_shutdown);
    self->wait_for(spawner_);
  }

  void start_spawning() {
    spawner_ = far_system_->spawn<caf::hidden>(refusing_spawner);
    caf::anon_send(far_.federation(), spawning_started{caf::actor_cast<link_spawner_actor>(spawner_)});
  }

  temporary_directory temp_;
  caf::actor_system* far_system_ = nullptr;
  caf::actor_system* near_system_ = nullptr;
  federation_node far_{options(temp_.path() / "far", far_system_)};
  federation_node near_{options(temp_.path() / "near", near_system_, {far_.at()})};
  caf::actor spawner_; ///< of the far node
};

TEST_F(spawning_link_test, a_request_reaches_the_spawner_of_the_other_node_with_the_name_of_its_node) {
  caf::expected<spawning_link_actor> link{caf::error{}};
  ASSERT_TRUE(wait_until([&] { return !!(link = link_with(far_.id())); })) << text_of(link.error());
  auto early = ask_far<adapter_actor>(*link, msg<wire::SpawnAdapter>{});
  EXPECT_EQ(code_of(early.error()), ec::malformed) << "an empty message does not pass the border";
  auto end = msg<wire::EndSpawned>::build([](wire::EndSpawned::Builder out) {
    out.setId("a");
    out.setEngine("engine7");
  });
  auto too_early = ask_far<msg<wire::SpawnedEnded>>(*link, end);
  EXPECT_EQ(code_of(too_early.error()), ec::unavailable) << text_of(too_early.error());
  start_spawning();
  EXPECT_TRUE(wait_until([&] { return !!ask_far<msg<wire::SpawnedEnded>>(*link, end); }));
  auto ended = ask_far<msg<wire::SpawnedEnded>>(*link, end);
  EXPECT_EQ(as_view((*ended)->getId()), "engine7");
  auto order = msg<wire::SpawnAdapter>::build([](wire::SpawnAdapter::Builder out) {
    out.initTicket().initContent(1);
    out.getTicket().initSignature(1);
    out.initSpec();
  });
  auto refused = ask_far<adapter_actor>(*link, order);
  EXPECT_EQ(code_of(refused.error()), ec::overloaded);
  EXPECT_EQ(text_of(refused.error()), "an adapter for node " + near_.id().value);
}

TEST_F(spawning_link_test, a_node_that_cannot_be_reached_has_no_link) {
  auto none = link_with({"00000000000000000000000000000000"});
  EXPECT_EQ(code_of(none.error()), ec::unavailable) << text_of(none.error());
}

} // namespace
} // namespace hive
