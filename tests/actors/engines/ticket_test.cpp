#include "actors/engines/ticket.hpp"

#include "actors/defaults.hpp"
#include "messages/timestamp.hpp"
#include "tests/actors/hive/hive_test.hpp"

#include <gtest/gtest.h>
#include <set>

namespace hive {
namespace {

using testing::HasSubstr;

constexpr int64_t lifetime = std::chrono::microseconds{defaults::ticket_lifetime}.count();
constexpr int64_t skew = std::chrono::microseconds{defaults::ticket_clock_skew}.count();

msg<wire::SpawnSpec> echo(const std::string& word, bool stay = false) {
  return msg<wire::SpawnSpec>::build([&](wire::SpawnSpec::Builder out) {
    auto adapter = out.initAdapter();
    adapter.setName("echo");
    auto command = adapter.initCommand(2);
    command.set(0, "/bin/echo");
    command.set(1, word);
    out.setStay(stay);
  });
}

/// A ticket from node 1 for node 2, and its use there.
class ticket_test : public testing::Test {
protected:
  msg<wire::SpawnTicket> issue(int64_t now = test_now) const {
    return issue_ticket(issuer, engine, target, *spec, "127.0.0.1:1", now);
  }

  ticket_use use(int64_t now = test_now) const {
    return {target, engine, *spec, now};
  }

  static caf::expected<ticket_claims> check(const msg<wire::SpawnTicket>& ticket, const ticket_use& how) {
    return check_ticket(*over_the_wire(ticket), how);
  }

  static void expect_refused(const caf::expected<ticket_claims>& got, ec code, const std::string& why) {
    ASSERT_FALSE(got);
    EXPECT_EQ(code_of(got.error()), code) << text_of(got.error());
    EXPECT_THAT(text_of(got.error()), HasSubstr(why));
  }

  key_pair issuer = keys_of(1);
  node_id target = id_of(keys_of(2));
  engine_id engine{"engine7", std::string(32, 'f')};
  msg<wire::SpawnSpec> spec = echo("hello");
};

TEST_F(ticket_test, holds_for_what_it_says) {
  auto claims = check(issue(), use());
  ASSERT_TRUE(claims) << text_of(claims.error());
  EXPECT_EQ(claims->issuer, id_of(issuer));
  EXPECT_EQ(claims->engine, engine);
  EXPECT_EQ(claims->target, target);
  EXPECT_EQ(claims->expires_at_unix_micros, test_now + lifetime);
  EXPECT_TRUE(is_valid_id(claims->nonce));
}

TEST_F(ticket_test, has_its_own_nonce) {
  EXPECT_NE(check(issue(), use())->nonce, check(issue(), use())->nonce);
}

TEST_F(ticket_test, of_another_node_engine_certificate_or_spec_is_refused) {
  auto other_node = use();
  other_node.here = id_of(keys_of(3));
  expect_refused(check(issue(), other_node), ec::forbidden, "for node " + target.value);
  auto other_engine = use();
  other_engine.engine.name = "engine8";
  expect_refused(check(issue(), other_engine), ec::forbidden, "for another engine: engine7");
  auto other_certificate = use();
  other_certificate.engine.fingerprint[31] = 'e';
  expect_refused(check(issue(), other_certificate), ec::forbidden, "another certificate");
  for (const auto& other : {echo("hello "), echo("hello", true), msg<wire::SpawnSpec>{}}) {
    auto other_spec = use();
    other_spec.spec = *other;
    expect_refused(check(issue(), other_spec), ec::forbidden, "something else");
  }
}

TEST_F(ticket_test, expires_with_bounded_skew) {
  EXPECT_TRUE(check(issue(), use(test_now + lifetime + skew)));
  expect_refused(check(issue(), use(test_now + lifetime + skew + 1)), ec::forbidden, "expired 5 s ago");
  EXPECT_TRUE(check(issue(), use(test_now - skew)));
  expect_refused(check(issue(), use(test_now - skew - 1)), ec::forbidden, "no ticket of this time");
  expect_refused(check(issue(), use(test_now - 365 * 86'400 * micros_per_s)), ec::forbidden, "a clock is wrong");
}

TEST_F(ticket_test, with_any_bit_changed_is_refused) {
  auto ticket = issue();
  for (size_t bit = 0; bit < ticket->getContent().size() * 8; ++bit) {
    auto forged = msg<wire::SpawnTicket>::build([&](wire::SpawnTicket::Builder out) {
      out.setContent(ticket->getContent());
      out.setSignature(ticket->getSignature());
      out.getContent()[bit / 8] ^= static_cast<kj::byte>(1 << bit % 8);
    });
    EXPECT_FALSE(check(forged, use())) << "bit " << bit;
  }
  for (size_t bit = 0; bit < 512; ++bit) {
    auto forged = msg<wire::SpawnTicket>::build([&](wire::SpawnTicket::Builder out) {
      out.setContent(ticket->getContent());
      out.setSignature(ticket->getSignature());
      out.getSignature()[bit / 8] ^= static_cast<kj::byte>(1 << bit % 8);
    });
    expect_refused(check(forged, use()), ec::integrity_violated, "signature");
  }
}

/// A signature made for another purpose does not verify as a ticket's, since the prefix differs.
TEST_F(ticket_test, a_signature_for_something_else_does_not_fit) {
  auto ticket = issue();
  auto content = ticket->getContent();
  auto forged = msg<wire::SpawnTicket>::build([&](wire::SpawnTicket::Builder out) {
    out.setContent(content);
    auto signature = issuer.sign({reinterpret_cast<const char*>(content.begin()), content.size()});
    out.setSignature({signature.data(), signature.size()});
  });
  expect_refused(check(forged, use()), ec::integrity_violated, "signature");
}

TEST_F(ticket_test, of_another_key_names_another_issuer) {
  auto other = keys_of(9);
  auto claims = check(issue_ticket(other, engine, target, *spec, "", test_now), use());
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->issuer, id_of(other)) << "whether that one may issue is the caller's to know";
}

TEST_F(ticket_test, garbage_is_malformed) {
  for (size_t size : {1U, 8U, 100U, 4'000U}) {
    auto garbage = msg<wire::SpawnTicket>::build([&](wire::SpawnTicket::Builder out) {
      randombytes_buf(out.initContent(static_cast<uint32_t>(size)).begin(), size);
      out.initSignature(64);
    });
    EXPECT_FALSE(check(garbage, use())) << size;
  }
}

TEST(spawn_spec, equal_ones_have_equal_hashes_wherever_they_were_built) {
  auto plain = echo("hello");
  EXPECT_EQ(hash_of(*plain), hash_of(*over_the_wire(plain)));
  auto nested = msg<wire::SpawnRequest>::build([&](wire::SpawnRequest::Builder out) { out.setSpec(*plain); });
  EXPECT_EQ(hash_of(*plain), hash_of(over_the_wire(nested)->getSpec()));
  EXPECT_NE(hash_of(*plain), hash_of(*echo("hello", true)));
}

// -- used tickets ----------------------------------------------------------------

ticket_claims numbered(int i, int64_t expires) {
  ticket_claims out;
  out.issuer = {"a"};
  out.nonce = std::to_string(i);
  out.expires_at_unix_micros = expires;
  return out;
}

TEST(used_tickets, are_refused_until_they_expire) {
  used_tickets used{10};
  EXPECT_FALSE(used.use(numbered(1, 100 * micros_per_s), 0));
  EXPECT_EQ(code_of(used.use(numbered(1, 100 * micros_per_s), 0)), ec::forbidden);
  auto last = 100 * micros_per_s + skew; // check_ticket accepts the ticket until then
  EXPECT_EQ(code_of(used.use(numbered(1, 100 * micros_per_s), last)), ec::forbidden);
  EXPECT_FALSE(used.use(numbered(2, 200 * micros_per_s), last + 1));
  EXPECT_EQ(used.size(), 1U);
}

TEST(used_tickets, of_two_issuers_may_have_one_nonce) {
  used_tickets used{10};
  auto first = numbered(1, micros_per_s), second_one = numbered(1, micros_per_s);
  second_one.issuer = {"b"};
  EXPECT_FALSE(used.use(first, 0));
  EXPECT_FALSE(used.use(second_one, 0));
}

TEST(used_tickets, of_an_earlier_start_are_refused) {
  auto issued = [](int64_t at) { return numbered(1, at + lifetime); };
  auto after_start = [&](int64_t at, const node_id& here) {
    return used_tickets{10, tickets_since{here, 100 * micros_per_s}}.use(issued(at), at);
  };
  for (auto at : {60 * micros_per_s, 99 * micros_per_s, 100 * micros_per_s,
                  100 * micros_per_s + skew}) // by a clock that may be ahead
    EXPECT_EQ(code_of(after_start(at, {"b"})), ec::unavailable) << at;
  EXPECT_FALSE(after_start(100 * micros_per_s + skew + 1, {"b"}));
  EXPECT_THAT(text_of(after_start(99 * micros_per_s, {"b"})), HasSubstr("5 s after the start"));
  EXPECT_EQ(code_of(after_start(100 * micros_per_s, {"a"})), ec::unavailable) << "its own clock is not ahead of itself";
  EXPECT_FALSE(after_start(100 * micros_per_s + 1, {"a"}));
}

TEST(used_tickets, are_bounded) {
  used_tickets used{3};
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(used.use(numbered(i, 100 * micros_per_s), 0));
  EXPECT_EQ(code_of(used.use(numbered(3, 100 * micros_per_s), 0)), ec::overloaded);
  EXPECT_EQ(code_of(used.use(numbered(0, 100 * micros_per_s), 0)), ec::forbidden) << "nothing was forgotten for it";
  EXPECT_FALSE(used.use(numbered(3, 300 * micros_per_s), 200 * micros_per_s)) << "room again after the others expired";
}

// -- engines without a certificate -------------------------------------------------

TEST(http_engines_identity, differs_by_node_and_by_name_and_from_that_of_a_certificate) {
  auto one = http_engine({"n1"}, "engine7");
  EXPECT_EQ(one.name, "engine7");
  EXPECT_EQ(one.fingerprint.size(), 32U);
  EXPECT_EQ(one, http_engine({"n1"}, "engine7"));
  std::set<std::string> different{one.fingerprint, http_engine({"n2"}, "engine7").fingerprint,
                                  http_engine({"n1"}, "engine8").fingerprint,
                                  http_engine({"n1e"}, "ngine7").fingerprint};
  EXPECT_EQ(different.size(), 4U);
}

} // namespace
} // namespace hive
