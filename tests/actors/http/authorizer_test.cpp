#include "actors/http/authorizer.hpp"

#include "messages/ec.hpp"

#include <atomic>
#include <gmock/gmock.h>
#include <thread>

namespace hive::http {
namespace {

using testing::HasSubstr;
using testing::Not;

/// SHA-256 of `reader`, `recorder` and `operator`.
const access_token reader =
  *make_access_token("r", "read", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30");
const access_token recorder =
  *make_access_token("w", "record", "93384247058b5e037a16c08536d5a3b3c20453cda6571c7e016942f9f93b274f");

const int64_t now = 1'800'000'000'000'000;

constexpr std::array roles{role::anyone, role::read, role::record, role::operate};

/// The results for requests that need each of the roles in turn.
std::vector<ec> answers(const authorizer& node, const std::string& authorization) {
  std::vector<ec> out;
  for (auto needed : roles) {
    auto refusal = node.check(needed, authorization, now);
    out.push_back(refusal ? code_of(refusal) : ec::none);
  }
  return out;
}

std::vector<ec> all(ec what) {
  return {ec::none, what, what, what};
}

TEST(authorizer, without_tokens_reading_and_recording_are_open) {
  authorizer node;
  EXPECT_EQ(answers(node, ""), (std::vector{ec::none, ec::none, ec::none, ec::forbidden}));
  EXPECT_EQ(answers(node, "Bearer wrong"), (std::vector{ec::none, ec::none, ec::none, ec::unauthorized}))
    << "what needs no token is not refused for a stale one";
}

TEST(authorizer, a_caller_is_told_its_role_its_token_and_what_is_open) {
  auto told = [](const authorizer& node, const std::string& authorization) {
    auto who = node.who(authorization, now);
    return std::string{to_string(who.grants)} + " " + who.token + " " + std::string{to_string(who.open)};
  };
  authorizer open;
  EXPECT_EQ(told(open, ""), "record  record");
  EXPECT_EQ(told(open, "Bearer wrong"), "record  record");
  auto own = make_operator_token();
  open.set_operator(own.known, "/run/7420.token");
  EXPECT_EQ(told(open, "Bearer " + own.secret), "operate operator record");
  EXPECT_EQ(told(authorizer({}, role::operate), ""), "operate  operate");
  authorizer closed{{reader}, role::operate};
  EXPECT_EQ(told(closed, ""), "anyone  anyone");
  EXPECT_EQ(told(closed, "Bearer reader"), "read r anyone");
}

TEST(authorizer, how_far_it_is_open_is_chosen) {
  EXPECT_EQ(answers(authorizer({}, role::anyone), ""), all(ec::forbidden));
  EXPECT_EQ(answers(authorizer({}, role::read), ""), (std::vector{ec::none, ec::none, ec::forbidden, ec::forbidden}));
  EXPECT_EQ(answers(authorizer({}, role::operate), ""), all(ec::none));
  EXPECT_EQ(answers(authorizer({}, role::operate), "Bearer wrong"), all(ec::none));
}

TEST(authorizer, with_tokens_nothing_is_open) {
  for (auto open : roles) {
    authorizer node{{reader, recorder}, open};
    EXPECT_EQ(answers(node, ""), all(ec::unauthorized));
    EXPECT_EQ(answers(node, "Bearer wrong"), all(ec::unauthorized));
    EXPECT_EQ(answers(node, "Bearer reader"), (std::vector{ec::none, ec::none, ec::forbidden, ec::forbidden}));
    EXPECT_EQ(answers(node, "Bearer recorder"), (std::vector{ec::none, ec::none, ec::none, ec::forbidden}));
  }
}

TEST(authorizer, the_operator_may_do_everything_beside_tokens_and_without) {
  for (const auto& tokens : {std::vector<access_token>{}, std::vector{reader}}) {
    authorizer node{tokens};
    auto token = make_operator_token();
    EXPECT_NE(answers(node, "Bearer " + token.secret).back(), ec::none) << "not handed out yet";
    node.set_operator(token.known, "/run/7420.token");
    EXPECT_EQ(answers(node, "Bearer " + token.secret), all(ec::none));
    node.replace_tokens({recorder});
    EXPECT_EQ(answers(node, "Bearer " + token.secret), all(ec::none)) << "reading tokens again does not lock it out";
  }
}

TEST(authorizer, every_operator_token_is_another_and_only_its_hash_stays) {
  auto one = make_operator_token(), other = make_operator_token();
  EXPECT_EQ(one.secret.size(), 64u);
  EXPECT_EQ(one.secret.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(one.secret, other.secret);
  EXPECT_EQ(one.known.grants, role::operate);
  authorizer node;
  node.set_operator(one.known, "");
  EXPECT_EQ(code_of(node.check(role::operate, "Bearer " + other.secret, now)), ec::unauthorized);
}

TEST(authorizer, a_refusal_says_where_the_operator_token_lies_but_not_to_strangers) {
  authorizer open;
  open.set_operator(make_operator_token().known, "/run/hivemark/7420.token");
  for (const char* sent : {"", "Bearer wrong"}) {
    auto text = text_of(open.check(role::operate, sent, now));
    EXPECT_THAT(text, HasSubstr("curl -H \"Authorization: Bearer $(cat '/run/hivemark/7420.token')\""));
  }
  authorizer guarded{{reader}};
  guarded.set_operator(make_operator_token().known, "/run/hivemark/7420.token");
  for (const char* sent : {"", "Bearer wrong", "Bearer reader"})
    EXPECT_THAT(text_of(guarded.check(role::operate, sent, now)), Not(HasSubstr("/run")));
}

TEST(authorizer, tells_the_name_of_a_configured_token_alone) {
  authorizer node{{reader, recorder}};
  auto fresh = make_operator_token();
  node.set_operator(fresh.known, "file");
  EXPECT_EQ(node.name_of("Bearer recorder", now), "w");
  EXPECT_EQ(node.name_of("Bearer wrong", now), "");
  EXPECT_EQ(node.name_of("", now), "");
  EXPECT_EQ(node.name_of("Bearer " + fresh.secret, now), "") << "the operator may be any engine of this machine";
}

TEST(authorizer, tokens_are_replaced_while_requests_are_decided) {
  authorizer node{{reader}};
  std::atomic<bool> done = false;
  std::atomic<int> asked = 0, wrong = 0;
  std::vector<std::thread> askers;
  for (int i = 0; i < 4; ++i)
    askers.emplace_back([&] {
      while (!done) {
        if (node.check(role::read, "Bearer reader", now) || !node.check(role::read, "Bearer wrong", now))
          ++wrong;
        ++asked;
      }
    });
  for (int i = 0; i < 2'000 || asked < 2'000; ++i)
    node.replace_tokens(i % 2 ? std::vector{reader} : std::vector{reader, recorder});
  done = true;
  for (auto& asker : askers)
    asker.join();
  EXPECT_EQ(wrong, 0);
  node.replace_tokens({recorder});
  EXPECT_EQ(code_of(node.check(role::read, "Bearer reader", now)), ec::unauthorized);
}

// -- validity ------------------------------------------------------------------

access_token valid(access_token token, int64_t from, int64_t until) {
  token.not_before = from;
  token.expires = until;
  return token;
}

TEST(authorizer, a_token_counts_only_within_its_validity) {
  authorizer node{{valid(reader, now, now + 10)}};
  EXPECT_EQ(text_of(node.check(role::read, "Bearer reader", now - 1)),
            "token r is not valid before 2027-01-15T08:00:00Z");
  EXPECT_FALSE(node.check(role::read, "Bearer reader", now));
  EXPECT_FALSE(node.check(role::read, "Bearer reader", now + 9));
  auto late = node.check(role::read, "Bearer reader", now + 10);
  EXPECT_EQ(code_of(late), ec::unauthorized);
  EXPECT_EQ(text_of(late), "token r expired on 2027-01-15T08:00:00.000010Z");
  EXPECT_EQ(node.who("Bearer reader", now + 10).grants, role::anyone);
  EXPECT_EQ(node.name_of("Bearer reader", now + 10), "");
  EXPECT_EQ(node.name_of("Bearer reader", now), "r");
}

TEST(authorizer, on_a_node_without_others_an_expired_token_still_opens_nothing) {
  authorizer node{{valid(recorder, 0, now)}};
  EXPECT_EQ(answers(node, ""), all(ec::unauthorized));
  EXPECT_EQ(answers(node, "Bearer recorder"), all(ec::unauthorized));
}

TEST(authorizer, a_successor_of_the_same_name_counts_beside_its_predecessor) {
  auto successor = recorder;
  successor.name = reader.name;
  authorizer node{{valid(reader, 0, now), valid(successor, now - 100, 0)}};
  EXPECT_EQ(node.name_of("Bearer reader", now - 50), "r");
  EXPECT_EQ(node.name_of("Bearer recorder", now - 50), "r");
  EXPECT_EQ(node.name_of("Bearer reader", now), "");
  EXPECT_EQ(node.name_of("Bearer recorder", now), "r");
}

TEST(authorizer, a_node_with_an_empty_file_of_tokens_is_closed) {
  for (auto& node : {std::make_shared<authorizer>(std::vector<access_token>{}, role::record, true),
                     std::make_shared<authorizer>(std::vector{reader}, role::record)}) {
    node->replace_tokens({});
    EXPECT_EQ(answers(*node, ""), all(ec::unauthorized));
    EXPECT_EQ(node->who("", now).grants, role::anyone);
  }
}

// -- rates -----------------------------------------------------------------------

access_token limited(access_token token, double per_s, double burst) {
  token.rate = {per_s, burst};
  return token;
}

moment at(std::chrono::milliseconds later) {
  return {now, std::chrono::steady_clock::time_point{std::chrono::hours{1}} + later};
}

using std::chrono::milliseconds;

TEST(authorizer, a_token_that_is_used_too_often_waits) {
  authorizer node{{limited(reader, 2, 2), recorder}};
  EXPECT_FALSE(node.limit("Bearer reader", at(milliseconds{0})));
  EXPECT_FALSE(node.limit("Bearer reader", at(milliseconds{0})));
  auto exceeded = node.limit("Bearer reader", at(milliseconds{0}));
  ASSERT_TRUE(exceeded);
  EXPECT_EQ(exceeded->token, "r");
  EXPECT_EQ(exceeded->wait, milliseconds{500});
  EXPECT_FALSE(node.limit("Bearer reader", at(milliseconds{500})));
  for (int i = 0; i < 100; ++i)
    for (const char* other : {"Bearer recorder", "Bearer wrong", ""})
      EXPECT_FALSE(node.limit(other, at(milliseconds{500}))) << "others are not concerned";
}

TEST(authorizer, tokens_of_one_name_share_its_rate_and_keep_it_when_read_again) {
  auto successor = recorder;
  successor.name = reader.name;
  authorizer node{{limited(reader, 1, 2), limited(successor, 1, 2)}};
  EXPECT_FALSE(node.limit("Bearer reader", at(milliseconds{0})));
  EXPECT_FALSE(node.limit("Bearer recorder", at(milliseconds{0})));
  EXPECT_TRUE(node.limit("Bearer reader", at(milliseconds{0})));
  node.replace_tokens({limited(successor, 1, 2)});
  EXPECT_TRUE(node.limit("Bearer recorder", at(milliseconds{0})));
  node.replace_tokens({limited(successor, 1, 3)});
  EXPECT_FALSE(node.limit("Bearer recorder", at(milliseconds{0})));
}

TEST(authorizer, the_operator_has_no_rate) {
  authorizer node{{limited(reader, 1, 1)}};
  auto own = make_operator_token();
  node.set_operator(own.known, "");
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(node.limit("Bearer " + own.secret, at(milliseconds{0})));
}

TEST(authorizer, knows_when_a_token_was_last_used_also_after_they_were_read_again) {
  authorizer node{{reader, recorder}};
  node.limit("Bearer reader", at(milliseconds{0}));
  auto last_uses = [&node] {
    std::vector<std::pair<std::string, int64_t>> out;
    for (const auto& each : node.uses())
      out.emplace_back(each.token.name, each.last_used);
    return out;
  };
  EXPECT_EQ(last_uses(), (std::vector<std::pair<std::string, int64_t>>{{"r", now}, {"w", 0}}));
  node.replace_tokens({recorder, reader});
  EXPECT_EQ(last_uses(), (std::vector<std::pair<std::string, int64_t>>{{"w", 0}, {"r", now}}));
}

} // namespace
} // namespace hive::http
