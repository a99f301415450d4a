#include "actors/hive/link/tls_context.hpp"

#include "actors/hive/link/channel.hpp"
#include "tests/actors/hive/hive_support.hpp"
#include "tests/support/key_kinds.hpp"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

constexpr int64_t day_s = 86'400;

certified_key ca_with(const std::string& kind) {
  return *make_ca("hive", now_s() - day_s, now_s() + 10 * day_s, key_of_kind(kind));
}

credentials holder_with(const certified_key& ca, const std::string& kind,
                        certificate_role role = certificate_role::node) {
  return {{ca.cert}, *issue_certificate(ca, {role, "n", now_s() - day_s, now_s() + day_s}, key_of_kind(kind)), role};
}

/// Whether two ends complete a TLS handshake over a real connection.
bool can_link(const credentials& a, const credentials& b) {
  auto sockets = connect_pair();
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  auto server = std::async(std::launch::async, [&] {
    auto got = channel::open(std::move(sockets.server), channel_side::server, *tls_context::make(b), until);
    return got && !got->write("x", until);
  });
  auto client = channel::open(std::move(sockets.client), channel_side::client, *tls_context::make(a), until);
  bool read = client && client->read(1, until);
  return server.get() && read;
}

TEST(tls_context, takes_every_kind_of_key_that_tls_takes) {
  auto first = ca_with("P-256");
  auto usual = holder_with(first, "P-256");
  for (const auto& kind : tls_key_kinds) {
    SCOPED_TRACE(kind);
    auto node = holder_with(first, kind);
    auto tls = tls_context::make(node);
    ASSERT_TRUE(tls) << text_of(tls.error());
    EXPECT_TRUE(can_link(node, usual));
    EXPECT_TRUE(can_link(usual, node));
    auto signature = node.sign_admission({"0011"});
    ASSERT_TRUE(signature) << text_of(signature.error());
    EXPECT_TRUE(check_admission(node.trusted, node.own.cert.der(), {"0011"}, *signature, now_s()));
    EXPECT_FALSE(check_admission(node.trusted, node.own.cert.der(), {"0012"}, *signature, now_s()));
    EXPECT_TRUE(tls_context::make(holder_with(first, kind, certificate_role::engine)));
    auto ca = ca_with(kind);
    EXPECT_TRUE(can_link(holder_with(ca, "P-256"), holder_with(ca, kind))) << "as the key of the CA";
  }
}

TEST(tls_context, names_what_does_not_fit) {
  auto ca = ca_with("P-256");
  for (const auto* kind : {"secp256k1", "RSA-1024"}) {
    auto tls = tls_context::make(holder_with(ca, kind));
    ASSERT_FALSE(tls) << kind;
    EXPECT_EQ(code_of(tls.error()), ec::forbidden);
    EXPECT_THAT(text_of(tls.error()), HasSubstr("TLS 1.3 does not take the certificate and its key: "));
  }
}

TEST(tls_context, trusts_all_cas_while_one_is_replaced) {
  auto old_ca = ca_with("P-256"), new_ca = ca_with("P-256"); // both have the same name
  auto before = holder_with(old_ca, "P-256"), after = holder_with(new_ca, "P-256");
  EXPECT_FALSE(can_link(before, after));
  before.trusted = {old_ca.cert, new_ca.cert};
  after.trusted = {new_ca.cert, old_ca.cert};
  EXPECT_TRUE(can_link(before, after));
  EXPECT_TRUE(can_link(after, before));
  EXPECT_EQ(before.issuer(), old_ca.cert);
  EXPECT_EQ(after.issuer(), new_ca.cert);
}

} // namespace
} // namespace hive
