// What a node refuses an engine: it gives the reason, logs a line, and keeps serving.

#include "actors/engines/ticket.hpp"
#include "storage/database.hpp"
#include "storage/epoch.hpp"
#include "tests/actors/hive/hive_support.hpp"
#include "tests/cluster/engine_hive.hpp"

#include <caf/io/middleman.hpp>
#include <sodium.h>

namespace hive::cluster {
namespace {

using testing::HasSubstr;

/// The engine is connected directly with `far` and presents forged tickets, signed with the known keys of `near`.
class engine_refusals_test : public engine_hive {
protected:
  void SetUp() override {
    auto how = options("near");
    how.data = path("near") / "data";
    keys = make_keys(how.data);
    near = start(how);
    far = join(options("far"), *near);
    ASSERT_TRUE(wait_until([&] { return knows(*near, *far) && knows(*far, *near); })) << near->log() << far->log();
    id = {"engine7", fingerprint("engine7")};
    engine.emplace(connect(*far));
  }

  void TearDown() override {
    if (!engine)
      return;
    auto spawned = engine->spawn(echo_metric(1), spawn_place::on({far->node()}));
    EXPECT_TRUE(spawned) << "the node does not serve on: " << text_of(spawned.error());
  }

  /// The first start of a node, which generates its keys.
  static key_pair make_keys(const std::filesystem::path& data) {
    database_options store;
    store.directory = data;
    auto db = database::open(std::move(store));
    if (!db)
      throw std::runtime_error(text_of(db.error()));
    auto identity = begin_epoch(**db, now_unix_micros());
    if (!identity)
      throw std::runtime_error(text_of(identity.error()));
    return identity->keys;
  }

  std::string fingerprint(const std::string& name) const {
    auto shown = load_credentials(tls_directory(name, certificate_role::engine), certificate_role::engine, now_s());
    auto der = shown->own.cert.der();
    std::string out(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(der.data()),
                       der.size());
    return out;
  }

  static msg<wire::SpawnSpec> spec_of(const msg<wire::CommandSpec>& command) {
    return msg<wire::SpawnSpec>::build([&](wire::SpawnSpec::Builder out) { out.setAdapter(*command); });
  }

  msg<wire::SpawnTicket> ticket(int64_t issued_at = now_unix_micros()) const {
    return issue_ticket(keys, id, {far->node()}, *spec, far->door(), issued_at);
  }

  caf::expected<adapter_actor> show(const msg<wire::SpawnTicket>& ticket, const msg<wire::SpawnSpec>& what) {
    auto order = msg<wire::SpawnAdapter>::build([&](wire::SpawnAdapter::Builder out) {
      out.setTicket(*ticket);
      out.setSpec(*what);
    });
    auto session = engine->session();
    return session ? ask<adapter_actor>(*engine, *session, order) : session.error();
  }

  void expect_refused(const caf::expected<adapter_actor>& got, ec code, const std::string& why) const {
    ASSERT_FALSE(got);
    EXPECT_EQ(code_of(got.error()), code) << text_of(got.error());
    EXPECT_THAT(text_of(got.error()), HasSubstr(why));
    expect_logged(*far, {"Spawn refused: " + text_of(got.error()), "engine=engine7"});
  }

  key_pair keys;
  engine_id id;
  msg<wire::SpawnSpec> spec = spec_of(echo_metric(1));
  std::optional<hive::engine> engine;
};

TEST_F(engine_refusals_test, nothing_of_a_good_ticket_once_and_a_replayed_one) {
  auto good = ticket();
  auto spawned = show(good, spec);
  ASSERT_TRUE(spawned) << text_of(spawned.error());
  expect_refused(show(good, spec), ec::forbidden, "used before");
}

TEST_F(engine_refusals_test, an_expired_ticket_and_one_of_the_future) {
  expect_refused(show(ticket(now_unix_micros() - 60'000'000), spec), ec::forbidden, "expired");
  expect_refused(show(ticket(now_unix_micros() + 60'000'000), spec), ec::forbidden, "no ticket of this time");
}

TEST_F(engine_refusals_test, a_forged_signature) {
  auto good = ticket();
  auto forged = msg<wire::SpawnTicket>::build([&](wire::SpawnTicket::Builder out) {
    out.setContent(good->getContent());
    out.setSignature(good->getSignature());
    out.getSignature()[5] ^= 1;
  });
  expect_refused(show(forged, spec), ec::integrity_violated, "signature");
}

TEST_F(engine_refusals_test, an_issuer_of_no_hive) {
  auto stranger = key_pair::generate();
  auto of_stranger = issue_ticket(stranger, id, {far->node()}, *spec, far->door(), now_unix_micros());
  expect_refused(show(of_stranger, spec), ec::forbidden, "is no node of this hive");
}

TEST_F(engine_refusals_test, an_issuer_that_is_gone) {
  near->kill();
  EXPECT_TRUE(wait_until([&] { return !knows(*far, *near); }));
  expect_refused(show(ticket(), spec), ec::forbidden, "is not active");
}

TEST_F(engine_refusals_test, another_engines_or_nodes_ticket_or_another_spec) {
  auto good = ticket();
  expect_refused(show(good, spec_of(echo_metric(2))), ec::forbidden, "something else");
  auto elsewhere = issue_ticket(keys, id, {near->node()}, *spec, far->door(), now_unix_micros());
  expect_refused(show(elsewhere, spec), ec::forbidden, "is for node " + near->node());
  auto others = issue_ticket(keys, {"engine8", fingerprint("engine8")}, {far->node()}, *spec, "", now_unix_micros());
  expect_refused(show(others, spec), ec::forbidden, "for another engine: engine8");
  auto renewed = issue_ticket(keys, {"engine7", fingerprint("engine8")}, {far->node()}, *spec, "", now_unix_micros());
  expect_refused(show(renewed, spec), ec::forbidden, "with another certificate");
}

TEST_F(engine_refusals_test, what_is_outside_of_the_allow_list) {
  auto python = engine->spawn(command({"/usr/bin/python3", "-c", "pass"}), spawn_place::on({far->node()}));
  EXPECT_EQ(code_of(python.error()), ec::forbidden);
  EXPECT_THAT(text_of(python.error()), HasSubstr("running a command is operating the node"));
  expect_logged(*far, {"/usr/bin/python3 as it is given is not among engines.commands"});
  auto staying = engine->spawn(echo_metric(1), spawn_place::on({far->node()}), spawn_life::stays);
  EXPECT_THAT(text_of(staying.error()), HasSubstr("stay_allowed"));
}

TEST_F(engine_refusals_test, what_is_over_the_quota_also_over_several_connections) {
  std::vector<spawned_actor<adapter_actor>> held;
  auto second = connect(*far);
  for (int i = 0; i < 3; ++i) {
    auto spawned = (i % 2 ? second : *engine).spawn(echo_metric(i), spawn_place::on({far->node()}));
    ASSERT_TRUE(spawned) << text_of(spawned.error());
    held.push_back(*spawned);
  }
  auto over = second.spawn(echo_metric(4), spawn_place::on({far->node()}));
  EXPECT_EQ(code_of(over.error()), ec::overloaded);
  EXPECT_THAT(text_of(over.error()), HasSubstr("its quota"));
  expect_logged(*far, {"engine engine7 has 3 spawned actors"});
  auto other = connect(*far, "engine8");
  EXPECT_TRUE(other.spawn(echo_metric(5), spawn_place::on({far->node()}))) << "another engine has its own quota";
  EXPECT_FALSE(engine->end(held[0].node, held[0].id));
  EXPECT_TRUE(wait_until([&] { return !!second.spawn(echo_metric(6), spawn_place::on({far->node()})); }));
  EXPECT_FALSE(engine->end(held[1].node, held[1].id)); // makes room for the last check that the node still serves
  expect_logged(*far, {"Spawned actor ended engine=engine7", "id=" + held[1].id});
}

TEST_F(engine_refusals_test, cafs_own_remote_spawning) {
  auto session = engine->session();
  ASSERT_TRUE(session);
  auto spawned =
    engine->system().middleman().remote_spawn<caf::actor>(session->node(), "anything", caf::make_message(), patience);
  ASSERT_FALSE(spawned);
  EXPECT_EQ(code_of(spawned.error()), ec::forbidden) << engine->system().render(spawned.error());
  expect_logged(*far, {"Refused a remote spawn by CAF", "type=anything"});
}

/// An engine that speaks CAF's protocol by itself may send only to the actors that it was given.
TEST_F(engine_refusals_test, messages_to_other_actors_of_the_node_and_through_it) {
  auto shown = load_credentials(tls_directory("engine9", certificate_role::engine), certificate_role::engine, now_s());
  ASSERT_TRUE(shown);
  for (const auto& [operation, why] : std::map<char, std::string>{
         {2, "it sent to actor 7, which is not within its reach"}, {3, "for another node"}, {77, "does not know"}}) {
    auto until = std::chrono::steady_clock::now() + patience;
    auto fd = connect_socket(*endpoint::parse(far->door()), until);
    ASSERT_TRUE(fd);
    auto stream = channel::open(std::move(*fd), channel_side::client, *tls_context::make(*shown), until);
    ASSERT_TRUE(stream);
    auto self = sender_of(new_identity(), "engine9", certificate_role::engine);
    auto hello = perform_handshake(
      *stream, channel_side::client, self, [](const verified_peer&) { return caf::error{}; }, until);
    ASSERT_TRUE(hello.peer) << text_of(hello.peer.error());
    ASSERT_FALSE(stream->await_data(until)); // from now on CAF handles the connection
    std::string header(32, '\0');
    header.front() = operation;
    header.back() = 7;
    ASSERT_FALSE(stream->write(header, until));
    expect_logged(*far, {why});
  }
}

TEST_F(engine_refusals_test, nothing_of_many_engines_at_once) {
  std::vector<hive::engine> engines;
  for (int i = 0; i < 10; ++i)
    engines.push_back(connect(*far, "engine" + std::to_string(i)));
  for (auto& each : engines)
    EXPECT_TRUE(each.nodes());
}

} // namespace
} // namespace hive::cluster
