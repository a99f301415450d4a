#include "actors/http/problem.hpp"

#include "messages/node.capnp.h"

#include <gmock/gmock.h>

namespace hive::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(problem, every_error_code_has_a_status_of_a_failure_with_a_phrase) {
  for (size_t i = 0; i < ec_count; ++i) {
    auto answer = problem(fail(static_cast<ec>(i), "x"));
    EXPECT_GE(answer.status, 400) << i;
    EXPECT_LT(answer.status, 600) << i;
    EXPECT_NE(reason_phrase(answer.status), "Unknown") << answer.status;
    EXPECT_TRUE(from_json<wire::Problem>(answer.body)) << answer.body;
  }
}

TEST(problem, it_carries_code_text_and_place) {
  auto answer = problem(json_error{ec::invalid, "/metrics/a~1b/value", "must be finite"});
  EXPECT_EQ(answer.content_type, "application/problem+json");
  EXPECT_EQ(answer.body, R"({"type":"about:blank","title":"Bad Request","status":400,)"
                         R"("detail":"/metrics/a~1b/value must be finite","code":"invalid",)"
                         R"("pointer":"/metrics/a~1b/value"})");
}

TEST(problem, clients_are_told_when_to_come_back_and_how_to_show_a_token) {
  EXPECT_THAT(problem(fail(ec::overloaded, "")).headers, ElementsAre(Pair("Retry-After", "1")));
  EXPECT_THAT(problem(fail(ec::unauthorized, "")).headers, ElementsAre(Pair("WWW-Authenticate", "Bearer")));
}

TEST(problem, errors_of_caf_become_codes_of_ours) {
  EXPECT_EQ(problem(caf::make_error(caf::sec::request_timeout)).status, 504);
  EXPECT_THAT(problem(caf::make_error(caf::sec::request_timeout)).body, HasSubstr("No answer came in time"));
  EXPECT_EQ(problem(caf::make_error(caf::sec::request_receiver_down)).status, 503);
  EXPECT_EQ(problem(caf::make_error(caf::sec::unexpected_message)).status, 500);
}

TEST(problem, text_that_is_no_json_is_escaped) {
  auto answer = problem(fail(ec::invalid, "a \"quoted\"\n\\ text"));
  EXPECT_THAT(answer.body, HasSubstr(R"(a \"quoted\"\n\\ text)"));
}

} // namespace
} // namespace hive::http
