#include "actors/hive/link/hello.hpp"

#include "tests/actors/hive/hive_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <thread>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Long enough for a busy machine; never reached on success.
constexpr auto patience = 10s;
/// For tests with a silent peer.
constexpr auto short_patience = 300ms;

caf::error admit_all(const verified_peer&) {
  return caf::none;
}

/// One end of a handshake.
struct party {
  hello_sender self;
  std::optional<credentials> shown = {};
  admit_function admit = admit_all;
};

/// Result of a handshake at one end.
struct finding {
  std::optional<verified_peer> peer;
  caf::error why;
  std::optional<node_id> refused_by;
};

finding shake_hands(unique_fd fd, channel_side side, const party& who, std::chrono::milliseconds wait = patience) {
  auto until = std::chrono::steady_clock::now() + wait;
  std::optional<tls_context> tls;
  if (who.shown)
    tls = *tls_context::make(*who.shown);
  auto stream = channel::open(std::move(fd), side, tls, until);
  if (!stream)
    return {{}, stream.error(), {}};
  auto end = perform_handshake(*stream, side, who.self, who.admit, until);
  if (!end.peer)
    return {{}, end.peer.error(), end.refused_by};
  return {std::move(*end.peer), {}, {}};
}

struct both_findings {
  finding client;
  finding server;
};

both_findings meet(const party& client, const party& server) {
  auto sockets = connect_pair();
  auto other = std::async(std::launch::async,
                          [&] { return shake_hands(std::move(sockets.server), channel_side::server, server); });
  auto one = shake_hands(std::move(sockets.client), channel_side::client, client);
  return {std::move(one), other.get()};
}

class handshake_test : public testing::Test {
protected:
  party party_of(const node_identity& identity, const std::string& name, bool tls = true,
                 certificate_role claimed = certificate_role::node,
                 certificate_role certified = certificate_role::node) const {
    party out{sender_of(identity, name, claimed)};
    if (tls)
      out.shown = ca.issue(name, certified);
    return out;
  }

  test_ca ca, other_ca;
  node_identity a = new_identity(3), b = new_identity(4);
};

TEST_F(handshake_test, each_end_learns_the_identity_of_the_other) {
  for (bool tls : {false, true}) {
    auto [client, server] = meet(party_of(a, "a", tls), party_of(b, "b", tls));
    ASSERT_TRUE(client.peer) << text_of(client.why);
    ASSERT_TRUE(server.peer) << text_of(server.why);
    EXPECT_EQ(client.peer->id(), b.id);
    EXPECT_EQ(server.peer->id(), a.id);
    EXPECT_EQ(server.peer->hello->getEpoch(), 3U);
    EXPECT_EQ(server.peer->hello->getCard().getName(), "a");
    EXPECT_EQ(client.peer->version, 1);
    EXPECT_EQ(server.peer->cert.has_value(), tls);
    if (tls) {
      EXPECT_EQ(server.peer->cert->name(), "a");
    }
  }
}

TEST_F(handshake_test, the_highest_common_version_is_spoken) {
  auto client = party_of(a, "a", false), server = party_of(b, "b", false);
  client.self.versions = {1, 4};
  server.self.versions = {3, 7};
  auto findings = meet(client, server);
  ASSERT_TRUE(findings.client.peer && findings.server.peer);
  EXPECT_EQ(findings.client.peer->version, 4);
  EXPECT_EQ(findings.server.peer->version, 4);
}

TEST_F(handshake_test, another_version_is_refused_by_both_with_the_versions_named) {
  auto client = party_of(a, "a"), server = party_of(b, "b");
  client.self.versions = {2, 3};
  auto findings = meet(client, server);
  for (const auto& [end, own, theirs] :
       {std::tuple{&findings.client, "this node speaks versions 2 to 3", "version 1 "},
        std::tuple{&findings.server, "this node speaks version 1", "versions 2 to 3"}}) {
    EXPECT_EQ(code_of(end->why), ec::unsupported);
    EXPECT_THAT(text_of(end->why), HasSubstr(own));
    EXPECT_THAT(text_of(end->why), HasSubstr(theirs));
  }
}

TEST_F(handshake_test, either_end_may_refuse_and_the_other_gets_the_reason) {
  auto refuse = [](const verified_peer&) { return fail(ec::already_exists, "we have\nmet"); };
  auto client = party_of(a, "a"), server = party_of(b, "b");
  server.admit = refuse;
  auto findings = meet(client, server);
  EXPECT_EQ(text_of(findings.server.why), "we have\nmet");
  EXPECT_EQ(code_of(findings.client.why), ec::already_exists);
  EXPECT_THAT(text_of(findings.client.why), HasSubstr("refused by the other end: we have?met"));
  EXPECT_EQ(findings.client.refused_by, b.id);

  server.admit = admit_all;
  client.admit = refuse;
  findings = meet(client, server);
  EXPECT_EQ(code_of(findings.server.why), ec::already_exists);
  EXPECT_THAT(text_of(findings.server.why), HasSubstr("refused by the other end"));
}

TEST_F(handshake_test, both_ends_need_certificates) {
  auto with = party_of(a, "a"), stranger = party_of(b, "b");
  stranger.shown = other_ca.issue("b");
  auto findings = meet(stranger, with);
  EXPECT_FALSE(findings.client.peer);
  EXPECT_FALSE(findings.server.peer);
  EXPECT_THAT(text_of(findings.client.why), HasSubstr("certificate")) << "the server's is refused";

  // A dialler is refused even if it trusts any certificate itself.
  stranger.shown->trusted.push_back(ca.cert());
  findings = meet(stranger, with);
  EXPECT_EQ(code_of(findings.server.why), ec::forbidden);
  EXPECT_THAT(text_of(findings.server.why), HasSubstr("its certificate is refused"));
  EXPECT_FALSE(findings.client.peer);
  EXPECT_THAT(text_of(findings.client.why), HasSubstr("TLS"));

  stranger.shown = ca.issue("b", certificate_role::node, -5);
  findings = meet(stranger, with);
  EXPECT_THAT(text_of(findings.server.why), HasSubstr("expired"));
}

TEST_F(handshake_test, plain_text_and_tls_do_not_connect) {
  for (bool client_tls : {false, true}) {
    auto findings = meet(party_of(a, "a", client_tls), party_of(b, "b", !client_tls));
    EXPECT_FALSE(findings.client.peer);
    EXPECT_FALSE(findings.server.peer);
  }
}

TEST_F(handshake_test, an_engine_cannot_pose_as_a_node) {
  auto engine = party_of(a, "engine7", true, certificate_role::node, certificate_role::engine);
  auto findings = meet(engine, party_of(b, "b"));
  EXPECT_EQ(code_of(findings.server.why), ec::forbidden);
  for (const char* part : {"engine7", "poses as role node", "for the role engine"})
    EXPECT_THAT(text_of(findings.server.why), HasSubstr(part));
  EXPECT_EQ(code_of(findings.client.why), ec::forbidden);

  auto honest = party_of(a, "engine7", true, certificate_role::engine, certificate_role::engine);
  findings = meet(honest, party_of(b, "b"));
  ASSERT_TRUE(findings.server.peer) << text_of(findings.server.why);
  EXPECT_EQ(findings.server.peer->hello->getRole(), wire::Role::ENGINE);
}

TEST_F(handshake_test, an_engine_cannot_be_dialled) {
  auto engine = party_of(b, "engine7", true, certificate_role::node, certificate_role::engine);
  auto findings = meet(party_of(a, "a"), engine);
  EXPECT_FALSE(findings.client.peer);
  EXPECT_THAT(text_of(findings.client.why), HasSubstr("certificate")) << "it is for dialling alone";
}

TEST_F(handshake_test, no_end_can_claim_the_id_of_another) {
  auto impostor = party_of(a, "a");
  impostor.self.identity.keys = b.keys; // signs with a key that is not the claimed one
  auto findings = meet(impostor, party_of(b, "b"));
  EXPECT_EQ(code_of(findings.server.why), ec::integrity_violated);

  auto liar = sender_of(a, "a");
  auto claims = a;
  claims.id = b.id; // its own key under another's id
  liar.hello = make_hello(claims, certificate_role::node, msg<wire::NodeCard>::copy_of(liar.hello->getCard()));
  findings = meet({liar}, party_of(b, "b", false));
  EXPECT_EQ(code_of(findings.server.why), ec::integrity_violated);
  EXPECT_THAT(text_of(findings.server.why), HasSubstr(a.id.value));
}

TEST_F(handshake_test, keys_of_a_wrong_length_are_refused) {
  auto odd = sender_of(a, "a");
  odd.hello = msg<wire::Hello>::build([&](wire::Hello::Builder out) {
    out.setNode(a.id.value);
    out.setPublicKey({a.keys.public_part().data(), 31});
    out.setCard(odd.hello->getCard());
  });
  auto findings = meet({odd}, party_of(b, "b", false));
  EXPECT_EQ(code_of(findings.server.why), ec::malformed);
}

// -- a peer that breaks the rules ------------------------------------------------

finding greet_stranger(std::string_view bytes, bool keep_open = false) {
  auto sockets = connect_pair();
  EXPECT_EQ(::send(sockets.client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  if (!keep_open)
    ::shutdown(sockets.client.get(), SHUT_WR);
  auto identity = new_identity();
  return shake_hands(std::move(sockets.server), channel_side::server, {sender_of(identity, "b")}, short_patience);
}

TEST(handshake_with_a_stranger, garbage_is_refused) {
  for (std::string_view bytes : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01", "HIV", ""})
    EXPECT_FALSE(greet_stranger(bytes).peer) << bytes;
  EXPECT_EQ(code_of(greet_stranger("GET / HTTP/1.1\r\n\r\n").why), ec::malformed);
}

TEST(handshake_with_a_stranger, no_more_is_read_than_a_hello_has) {
  EXPECT_EQ(code_of(greet_stranger(std::string_view{"HIVE\xff\xff\xff\x7f", 8}).why), ec::too_large);
  EXPECT_EQ(code_of(greet_stranger(std::string_view{"HIVE\0\0\0\0", 8}).why), ec::malformed);
  EXPECT_EQ(code_of(greet_stranger(std::string_view{"HIVE\x08\0\0\0junkjunk", 16}).why), ec::malformed);
}

TEST(handshake_with_a_stranger, silence_ends_at_the_deadline) {
  EXPECT_EQ(code_of(greet_stranger("", true).why), ec::timed_out);
  EXPECT_EQ(code_of(greet_stranger("HIVE", true).why), ec::timed_out);
}

/// Relays bytes both ways until both ends have closed, and records one direction.
std::string relay(const unique_fd& one, const unique_fd& other) {
  std::string from_one;
  auto copy = [](int from, int to, std::string* keep) {
    char buffer[4096];
    while (true) {
      auto got = ::recv(from, buffer, sizeof buffer, 0);
      if (got < 0 && errno == EAGAIN) {
        if (wait_for(from, 1 /* POLLIN */, std::chrono::steady_clock::now() + 10s))
          break;
        continue;
      }
      if (got <= 0)
        break;
      if (keep)
        keep->append(buffer, static_cast<size_t>(got));
      ::send(to, buffer, static_cast<size_t>(got), MSG_NOSIGNAL);
    }
    ::shutdown(to, SHUT_WR);
  };
  std::thread back{copy, other.get(), one.get(), nullptr};
  copy(one.get(), other.get(), &from_one);
  back.join();
  return from_one;
}

TEST(handshake_with_a_stranger, a_recorded_handshake_cannot_be_replayed) {
  auto a = new_identity(), b = new_identity();
  auto to_relay = connect_pair(), from_relay = connect_pair();
  auto client = std::async(std::launch::async, [&] {
    return shake_hands(std::move(to_relay.client), channel_side::client, {sender_of(a, "a")});
  });
  auto server = std::async(std::launch::async, [&] {
    return shake_hands(std::move(from_relay.server), channel_side::server, {sender_of(b, "b")});
  });
  auto recorded = std::async(std::launch::async, [&] { return relay(to_relay.server, from_relay.client); });
  ASSERT_TRUE(client.get().peer);
  ASSERT_TRUE(server.get().peer);

  auto again = greet_stranger(recorded.get());
  EXPECT_EQ(code_of(again.why), ec::integrity_violated) << text_of(again.why);
}

/// Terminates TLS on both sides with its own certificate and relays the plain text.
void relay_decrypted(channel& one, channel& other) {
  // Relays in the order of the handshake, because only one thread at a time may use an SSL object.
  auto pass_frame = [](channel& from, channel& to) {
    auto until = std::chrono::steady_clock::now() + 2s;
    auto header = from.read(8, until);
    if (!header)
      return false;
    uint32_t size = 0;
    for (size_t i = 0; i < 4; ++i)
      size |= static_cast<uint32_t>(static_cast<unsigned char>((*header)[4 + i])) << (8 * i);
    auto body = from.read(size, until);
    return body && !to.write(*header + *body, until);
  };
  if (pass_frame(one, other) && pass_frame(other, one) && pass_frame(one, other) && pass_frame(other, one))
    pass_frame(one, other);
}

TEST_F(handshake_test, no_third_party_can_relay_it) {
  auto node = ca.issue("bad-node");
  auto to_relay = connect_pair(), from_relay = connect_pair();
  auto client = std::async(std::launch::async, [&] {
    return shake_hands(std::move(to_relay.client), channel_side::client, party_of(a, "a"));
  });
  auto server = std::async(std::launch::async, [&] {
    return shake_hands(std::move(from_relay.server), channel_side::server, party_of(b, "b"));
  });
  auto until = std::chrono::steady_clock::now() + patience;
  std::optional<tls_context> tls = *tls_context::make(node);
  auto outer = std::async(std::launch::async,
                          [&] { return channel::open(std::move(to_relay.server), channel_side::server, tls, until); });
  auto inner = channel::open(std::move(from_relay.client), channel_side::client, tls, until);
  auto accepted = outer.get();
  ASSERT_TRUE(accepted && inner);
  relay_decrypted(*accepted, *inner);
  auto at_client = client.get(), at_server = server.get();
  EXPECT_FALSE(at_client.peer);
  EXPECT_FALSE(at_server.peer);
  EXPECT_EQ(code_of(at_server.why), ec::integrity_violated) << text_of(at_server.why);
}

} // namespace
} // namespace hive
