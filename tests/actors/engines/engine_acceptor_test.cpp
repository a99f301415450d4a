#include "actors/engines/engine_acceptor.hpp"

#include "actors/hive/link/introduction.hpp"
#include "messages/baseline.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/text.hpp"
#include "platform/sha256.hpp"
#include "tests/actors/engines/engine_actors.hpp"
#include "tests/actors/hive/test_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Engines and the acceptor of a node have an actor system each and talk over loopback connections.

namespace hive {
namespace {

deadline soon() {
  return std::chrono::steady_clock::now() + patience;
}

/// The sessions that asked for a ticket, each with the engine that it named.
class session_journal {
public:
  struct entry {
    engine_caller caller;
    caf::actor session;
  };

  void add(const engine_caller& caller, const caf::strong_actor_ptr& session) {
    std::lock_guard lock{mutex_};
    entries_.push_back({caller, caf::actor_cast<caf::actor>(session)});
  }

  entry last() const {
    std::lock_guard lock{mutex_};
    return entries_.back();
  }

private:
  mutable std::mutex mutex_;
  std::vector<entry> entries_;
};

caf::behavior spawner_stub(caf::event_based_actor* self, std::shared_ptr<session_journal> journal) {
  return {[self, journal](const engine_request<wire::SpawnRequest>& asked) {
    journal->add(asked.caller, self->current_sender());
    return msg<wire::SpawnTicket>::build([](wire::SpawnTicket::Builder out) {
      out.initContent(1);
      out.initSignature(1);
    });
  }};
}

engine_presence_actor::behavior_type presence_stub(engine_presence_actor::pointer) {
  return {[](const msg<wire::Ping>&) { return msg<wire::Pong>{}; }, [](const msg<wire::LeaseRevoked>&) {}};
}

/// An engine: what it shows in a handshake, and its actor system.
class test_engine {
public:
  explicit test_engine(const std::string& name)
      : hello_{sender_of(new_identity(), name, certificate_role::engine).hello} {
    forbid_remote_spawning(system_); // CAF's spawn server would send to actors that the node does not allow
  }

  ~test_engine() {
    caf::anon_send_exit(presence_, caf::exit_reason::user_shutdown);
  }

  verified_peer shown() const {
    return {hello_, std::nullopt, "127.0.0.1:1", 1};
  }

  node_id id() const {
    return {hello_->getNode().cStr()};
  }

  /// Performs the introduction, which follows the handshake. Returns the session, or why there is none.
  caf::expected<engine_session_actor> introduce_over(unique_fd connection) {
    auto stream = channel::open(std::move(connection), channel_side::client, std::nullopt, soon());
    if (!stream)
      return stream.error();
    if (auto err = stream->await_data(soon()))
      return err;
    presence_ = system_.spawn(presence_stub);
    introduce(system_, std::move(*stream), channel_side::client, 0, presence_,
              caf::actor_cast<introduction_owner<engine_session_actor>>(caf::actor{self_}),
              defaults::introduction_timeout);
    caf::expected<engine_session_actor> out{fail(ec::timed_out, "there was no introduction")};
    self_->receive([&](introduced<engine_session_actor>& over) { out = std::move(over.peer); },
                   caf::after(patience) >> [] {});
    return out;
  }

  void end_presence() {
    caf::anon_send_exit(presence_, caf::exit_reason::user_shutdown);
  }

  caf::scoped_actor& self() {
    return self_;
  }

private:
  msg<wire::Hello> hello_;
  test_network_config config_;
  caf::actor_system system_{config_};
  caf::scoped_actor self_{system_};
  engine_presence_actor presence_;
};

/// Whether the actor ends, for this reason if one is given.
bool ends(caf::scoped_actor& self, const caf::actor& whom, std::optional<caf::error> reason = std::nullopt) {
  self->monitor(whom);
  bool out = false;
  self->receive([&](const caf::down_msg& down) { out = !reason || down.reason == *reason; },
                caf::after(patience) >> [] {});
  return out;
}

class engine_acceptor_test : public testing::Test {
protected:
  engine_acceptor_test() {
    forbid_remote_spawning(system_);
  }

  ~engine_acceptor_test() override {
    caf::anon_send_exit(acceptor_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(spawner_, caf::exit_reason::user_shutdown);
  }

  /// Asks for admission, as the door does when an engine has proven its identity.
  caf::error admit(connection_id connection, const node_id& engine) {
    caf::error out;
    self_->request(acceptor_, patience, admission_request{connection, {engine, 1, false}, certificate_role::engine})
      .receive([](caf::ok_atom) {}, [&](caf::error& refused) { out = std::move(refused); });
    return out;
  }

  caf::error admit(const test_engine& engine) {
    return admit({++connections_}, engine.id());
  }

  /// Hands over a connection, as the door does when both ends have accepted it. Returns the engine's end.
  unique_fd hand_over(connection_id connection, verified_peer peer) {
    auto sockets = connect_pair();
    auto stream = channel::open(std::move(sockets.server), channel_side::server, std::nullopt, soon());
    if (!stream)
      throw std::runtime_error(text_of(stream.error()));
    caf::anon_send(acceptor_, handshake_done{connection, std::nullopt, std::move(peer),
                                             std::make_shared<channel>(std::move(*stream))});
    return std::move(sockets.client);
  }

  /// Connects an engine; throws, which fails the test, if that does not work.
  engine_session_actor connect(test_engine& engine, std::optional<certificate> cert = std::nullopt) {
    if (auto refused = admit(engine))
      throw std::runtime_error(text_of(refused));
    auto shown = engine.shown();
    shown.cert = std::move(cert);
    auto session = engine.introduce_over(hand_over({connections_}, std::move(shown)));
    if (!session)
      throw std::runtime_error(text_of(session.error()));
    return *session;
  }

  /// The session's actor in this process, found by asking the spawner through it.
  session_journal::entry session_behind(test_engine& engine, const engine_session_actor& session) {
    engine.self()
      ->request(session, patience,
                msg<wire::SpawnRequest>::build([](wire::SpawnRequest::Builder out) { out.initSpec(); }))
      .receive([](const msg<wire::SpawnTicket>&) {},
               [](const caf::error& error) { throw std::runtime_error(text_of(error)); });
    return journal_->last();
  }

  static bool answers_pings(test_engine& engine, const engine_session_actor& session) {
    bool out = false;
    engine.self()
      ->request(session, patience, msg<wire::Ping>{})
      .receive([&](const msg<wire::Pong>&) { out = true; }, [](const caf::error&) {});
    return out;
  }

  bool is_admitted_again(const test_engine& engine) {
    return wait_until([&] { return !admit(engine); });
  }

  /// Whether the node closes the connection; reads past what CAF sends at first.
  std::vector<connected_engine> connected() {
    std::vector<connected_engine> out;
    self_->request(acceptor_, patience, connected_engines_query{})
      .receive([&](std::vector<connected_engine>& list) { out = std::move(list); },
               [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
    return out;
  }

  static bool is_closed(const unique_fd& connection) {
    return wait_until([&] {
      char bytes[4'096];
      auto got = ::recv(connection.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    });
  }

  test_network_config config_;
  caf::actor_system system_{config_};
  caf::scoped_actor self_{system_};
  std::shared_ptr<session_journal> journal_ = std::make_shared<session_journal>();
  caf::actor spawner_ = system_.spawn(spawner_stub, journal_);
  std::shared_ptr<trust_register> trust_ = std::make_shared<trust_register>();
  engine_acceptor_actor acceptor_ = spawn_engine_acceptor(
    system_, {{}, {}, {}, caf::actor_cast<spawner_actor>(spawner_), {}}, {new_identity().id, trust_});
  uint64_t connections_ = 0;
};

// -- admission -------------------------------------------------------------------

TEST_F(engine_acceptor_test, an_engine_gets_a_session_with_its_identity) {
  test_engine engine{"engine7"};
  auto session = connect(engine);
  EXPECT_TRUE(answers_pings(engine, session));
  auto key = engine.shown().hello->getPublicKey();
  auto fingerprint = sha256(std::span{key.begin(), key.size()});
  auto caller = session_behind(engine, session).caller;
  EXPECT_EQ(caller.engine, (engine_id{"engine7", {fingerprint.begin(), fingerprint.end()}}));
}

TEST_F(engine_acceptor_test, the_identity_of_an_engine_is_that_of_its_certificate) {
  test_ca ca;
  trust_->set_trusted({ca.cert()});
  test_engine engine{"what-it-calls-itself"};
  auto cert = ca.issue("engine9", certificate_role::engine).own.cert;
  auto caller = session_behind(engine, connect(engine, cert)).caller;
  auto fingerprint = sha256(cert.der());
  EXPECT_EQ(caller.engine, (engine_id{"engine9", {fingerprint.begin(), fingerprint.end()}}));
}

TEST_F(engine_acceptor_test, an_engine_whose_certificate_is_not_trusted_any_more_is_cut) {
  test_ca ca;
  trust_->set_trusted({ca.cert()});
  test_engine engine{"engine9"};
  auto session = connect(engine, ca.issue("engine9", certificate_role::engine).own.cert);
  auto behind = session_behind(engine, session).session;
  caf::anon_send(acceptor_, check_certificates{});
  EXPECT_TRUE(answers_pings(engine, session)) << "it is good still";
  trust_->set_trusted({});
  caf::anon_send(acceptor_, check_certificates{});
  EXPECT_TRUE(ends(self_, behind));
  EXPECT_TRUE(ends(engine.self(), caf::actor_cast<caf::actor>(session)));
  EXPECT_THAT(connected(), testing::IsEmpty());
}

TEST_F(engine_acceptor_test, lists_the_engines_that_are_connected) {
  EXPECT_THAT(connected(), testing::IsEmpty());
  auto first = std::make_unique<test_engine>("engine7");
  test_engine second{"engine8"};
  auto session = connect(*first);
  connect(second);
  auto listed = connected();
  ASSERT_EQ(listed.size(), 2U);
  std::ranges::sort(listed, {}, &connected_engine::name);
  EXPECT_EQ(listed[0].name, "engine7");
  EXPECT_EQ(listed[0].remote, "127.0.0.1:1");
  EXPECT_GT(listed[0].since_unix_micros, 0);
  EXPECT_EQ(listed[0].session, session_behind(*first, session).session.address());
  EXPECT_EQ(listed[1].name, "engine8");
  first->end_presence();
  EXPECT_TRUE(wait_until([&] { return connected().size() == 1; }));
}

TEST_F(engine_acceptor_test, engines_have_sessions_of_their_own) {
  test_engine first{"engine7"}, second{"engine8"};
  auto of_first = connect(first), of_second = connect(second);
  EXPECT_EQ(session_behind(first, of_first).caller.engine.name, "engine7");
  auto behind_second = session_behind(second, of_second);
  EXPECT_EQ(behind_second.caller.engine.name, "engine8");
  first.end_presence();
  EXPECT_TRUE(ends(first.self(), caf::actor_cast<caf::actor>(of_first)));
  EXPECT_TRUE(answers_pings(second, of_second)) << "the other engine is none the worse";
}

TEST_F(engine_acceptor_test, a_second_connection_of_an_engine_is_refused) {
  test_engine engine{"engine7"}, other{"engine8"};
  ASSERT_FALSE(admit({1}, engine.id()));
  EXPECT_EQ(code_of(admit({2}, engine.id())), ec::already_exists) << "while the handshake of the first one goes on";
  EXPECT_FALSE(admit({3}, other.id()));
  auto session = engine.introduce_over(hand_over({1}, engine.shown()));
  ASSERT_TRUE(session) << text_of(session.error());
  EXPECT_EQ(code_of(admit({4}, engine.id())), ec::already_exists);
  EXPECT_TRUE(answers_pings(engine, *session)) << "the first one is none the worse";
}

TEST_F(engine_acceptor_test, a_failed_handshake_makes_room_for_another_of_its_engine) {
  test_engine engine{"engine7"};
  ASSERT_FALSE(admit({1}, engine.id()));
  caf::anon_send(acceptor_, handshake_failed{{2}, {}, "127.0.0.1:1", {}, fail(ec::timed_out, "another connection")});
  EXPECT_EQ(code_of(admit({3}, engine.id())), ec::already_exists);
  caf::anon_send(acceptor_, handshake_failed{{1}, {}, "127.0.0.1:1", {}, fail(ec::timed_out, "this connection")});
  connections_ = 3;
  EXPECT_TRUE(answers_pings(engine, connect(engine)));
}

TEST_F(engine_acceptor_test, an_engine_whose_name_is_no_id_is_refused) {
  test_engine engine{"engine 7"};
  ASSERT_FALSE(admit({1}, engine.id()));
  EXPECT_TRUE(is_closed(hand_over({1}, engine.shown())));
  EXPECT_TRUE(is_admitted_again(engine));
}

/// Engines that send nothing after their handshake count until their introduction times out.
TEST_F(engine_acceptor_test, connections_are_bounded) {
  test_engine silent{"silent"};
  size_t admitted = 0;
  caf::error refused;
  // The first introductions may time out before the last engines come.
  while (!refused && admitted < 10 * defaults::max_engine_connections) {
    connection_id connection{++connections_};
    refused = admit(connection, {"engine" + std::to_string(connection.value)});
    if (refused)
      break;
    ++admitted;
    hand_over(connection, silent.shown());
  }
  EXPECT_EQ(code_of(refused), ec::overloaded) << text_of(refused);
  EXPECT_GE(admitted, defaults::max_engine_connections);
  test_engine engine{"engine7"};
  EXPECT_TRUE(wait_until([&] { return !admit({++connections_}, engine.id()); })) << "they are overdue by now";
  auto session = engine.introduce_over(hand_over({connections_}, engine.shown()));
  EXPECT_TRUE(session) << text_of(session.error());
}

// -- the end ---------------------------------------------------------------------

TEST_F(engine_acceptor_test, a_session_ends_with_the_presence_of_its_engine) {
  test_engine engine{"engine7"};
  auto session = connect(engine);
  auto behind = session_behind(engine, session).session;
  engine.end_presence();
  EXPECT_TRUE(ends(self_, behind, caf::exit_reason::user_shutdown));
  EXPECT_TRUE(ends(engine.self(), caf::actor_cast<caf::actor>(session))) << "the connection is closed";
  EXPECT_TRUE(is_admitted_again(engine));
}

TEST_F(engine_acceptor_test, a_session_ends_with_the_process_of_its_engine) {
  auto engine = std::make_unique<test_engine>("engine7");
  auto behind = session_behind(*engine, connect(*engine)).session;
  auto id = engine->id();
  engine.reset();
  EXPECT_TRUE(ends(self_, behind, caf::exit_reason::user_shutdown));
  EXPECT_TRUE(wait_until([&] { return !admit({++connections_}, id); }));
}

/// An engine may send its session an exit message.
TEST_F(engine_acceptor_test, a_connection_ends_with_its_session) {
  test_engine engine{"engine7"};
  auto session = connect(engine);
  auto behind = session_behind(engine, session).session;
  caf::anon_send_exit(session, caf::exit_reason::kill);
  EXPECT_TRUE(ends(self_, behind, caf::exit_reason::kill));
  EXPECT_TRUE(ends(engine.self(), caf::actor_cast<caf::actor>(session)));
  EXPECT_TRUE(is_admitted_again(engine));
}

TEST_F(engine_acceptor_test, an_engine_that_does_not_introduce_itself_is_cut_off) {
  test_engine engine{"engine7"};
  ASSERT_FALSE(admit(engine));
  auto connection = hand_over({connections_}, engine.shown());
  EXPECT_TRUE(is_closed(connection));
  EXPECT_TRUE(is_admitted_again(engine));
}

TEST_F(engine_acceptor_test, all_connections_end_with_the_acceptor) {
  test_engine engine{"engine7"}, silent{"engine8"};
  auto session = connect(engine);
  auto behind = session_behind(engine, session).session;
  ASSERT_FALSE(admit(silent));
  auto connection = hand_over({connections_}, silent.shown());
  caf::anon_send_exit(acceptor_, caf::exit_reason::user_shutdown);
  EXPECT_TRUE(ends(self_, behind, caf::exit_reason::user_shutdown));
  EXPECT_TRUE(ends(engine.self(), caf::actor_cast<caf::actor>(session)));
  EXPECT_TRUE(is_closed(connection));
  // Only the spawner and the actor of the test remain.
  EXPECT_TRUE(wait_until([&] { return system_.registry().running() == 2; })) << "the introduction ends too";
}

} // namespace
} // namespace hive
