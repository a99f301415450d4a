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

constexpr std::array roles{role::anyone, role::read, role::record, role::operate};

/// The results for requests that need each of the roles in turn.
std::vector<ec> answers(const authorizer& node, const std::string& authorization) {
  std::vector<ec> out;
  for (auto needed : roles) {
    auto refusal = node.check(needed, authorization);
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
    auto who = node.who(authorization);
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
  EXPECT_EQ(code_of(node.check(role::operate, "Bearer " + other.secret)), ec::unauthorized);
}

TEST(authorizer, a_refusal_says_where_the_operator_token_lies_but_not_to_strangers) {
  authorizer open;
  open.set_operator(make_operator_token().known, "/run/hivemark/7420.token");
  for (const char* sent : {"", "Bearer wrong"}) {
    auto text = text_of(open.check(role::operate, sent));
    EXPECT_THAT(text, HasSubstr("curl -H \"Authorization: Bearer $(cat '/run/hivemark/7420.token')\""));
  }
  authorizer guarded{{reader}};
  guarded.set_operator(make_operator_token().known, "/run/hivemark/7420.token");
  for (const char* sent : {"", "Bearer wrong", "Bearer reader"})
    EXPECT_THAT(text_of(guarded.check(role::operate, sent)), Not(HasSubstr("/run")));
}

TEST(authorizer, tells_the_name_of_a_configured_token_alone) {
  authorizer node{{reader, recorder}};
  auto fresh = make_operator_token();
  node.set_operator(fresh.known, "file");
  EXPECT_EQ(node.name_of("Bearer recorder"), "w");
  EXPECT_EQ(node.name_of("Bearer wrong"), "");
  EXPECT_EQ(node.name_of(""), "");
  EXPECT_EQ(node.name_of("Bearer " + fresh.secret), "") << "the operator may be any engine of this machine";
}

TEST(authorizer, tokens_are_replaced_while_requests_are_decided) {
  authorizer node{{reader}};
  std::atomic<bool> done = false;
  std::atomic<int> asked = 0, wrong = 0;
  std::vector<std::thread> askers;
  for (int i = 0; i < 4; ++i)
    askers.emplace_back([&] {
      while (!done) {
        if (node.check(role::read, "Bearer reader") || !node.check(role::read, "Bearer wrong"))
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
  EXPECT_EQ(code_of(node.check(role::read, "Bearer reader")), ec::unauthorized);
}

} // namespace
} // namespace hive::http
