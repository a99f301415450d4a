#include "messages/research.capnp.h"
#include "messages/text.hpp"
#include "messages/tracker.capnp.h"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

// AutoResearch and the coding daemon on a real node.

namespace hive::cluster {
namespace {

const std::string sessions = "/api/v1/autoresearch";

std::string iteration(const std::string& outcome, const std::string& key) {
  return R"({"outcome":")" + outcome + R"(","duration_s":1.5,"idempotency_key":")" + key + R"("})";
}

TEST(research, a_session_survives_a_killed_node_and_its_delta_is_published) {
  temporary_directory temp;
  hived_options how{.directory = temp.path(), .config = "[daemon]\ntick_s = 0.1\n"};
  std::optional<hived_process> node;
  node.emplace(how).await_ready();
  auto begun = node->post(sessions, R"({"id":"s1","topic":"faster","metric":"ms","direction":"lower"})");
  ASSERT_EQ(begun.status, 201) << begun.body;
  const std::string outcomes[] = {"success", "failure", "timeout", "success", "success", "success"};
  for (int i = 0; i < 6; ++i) {
    auto counted = node->post(sessions + "/s1/iterations", iteration(outcomes[i], std::to_string(i)));
    ASSERT_EQ(counted.status, 201) << counted.body;
    if (i % 2 == 0) {
      node->kill();
      node.emplace(how).await_ready();
      counted = node->post(sessions + "/s1/iterations", iteration(outcomes[i], std::to_string(i)));
      ASSERT_EQ(counted.status, 201) << counted.body;
    }
    EXPECT_EQ(counted.as<wire::ResearchSession>()->getIterations(), i + 1u);
  }
  auto improved = node->post(sessions + "/s1/improvements", R"({"value":3.5,"git_sha":"abc123"})");
  ASSERT_EQ(improved.status, 201) << improved.body;
  EXPECT_EQ(node->post(sessions + "/s1/improvements", R"({"value":4})").status, 400);

  auto context = node->get(sessions + "/s1/context").as<wire::ResearchContext>();
  EXPECT_EQ(context->getBestTool().getSampleCount(), 6u);
  EXPECT_NEAR(context->getBestTool().getSuccessRate(), 4.0 / 6, 1e-9);
  EXPECT_EQ(context->getSession().getBestValue(), 3.5);

  EXPECT_TRUE(wait_until([&] { return node->get("/api/v1/hive/published").status == 200; })) << "the daemon ticks";
  auto report = node->post(sessions + "/s1/finish", R"({"summary":"half the time"})").as<wire::ResearchReport>();
  EXPECT_EQ(report->getSession().getState(), wire::ResearchState::FINISHED);
  EXPECT_EQ(report->getDelta().getAutoresearch()[0].getIterations(), 6u);
  node->kill();
  node.emplace(how).await_ready();
  EXPECT_EQ(node->get(sessions + "/s1").as<wire::ResearchSession>()->getImprovements(), 1u);
  EXPECT_EQ(node->post(sessions + "/s1/iterations", iteration("success", "late")).status, 400);
}

TEST(research, bad_input_is_refused_by_name) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path()}};
  node.await_ready();
  ASSERT_EQ(node.post(sessions, R"({"id":"s1","topic":"t"})").status, 201);
  struct bad {
    std::string path, body;
    int status;
    std::string named;
  };
  const bad all[] = {
    {"", R"({"id":"s2"})", 400, "/topic"},
    {"", R"({"id":"../s","topic":"t"})", 400, "/id"},
    {"", R"({"id":")" + std::string(41, 'x') + R"(","topic":"t"})", 400, "/id"},
    {"", R"({"id":"s1","topic":"t"})", 409, "s1"},
    {"", R"({"topic":"t","prompt_id":"p"})", 400, "flow_id"},
    {"/s1/iterations", R"({"outcome":"success"})", 400, "/duration_s"},
    {"/s1/iterations", R"({"outcome":"lost","duration_s":1})", 400, "/outcome"},
    {"/s1/iterations", R"({"outcome":"success","duration_s":-1})", 400, "/duration_s"},
    {"/s1/iterations", R"({"outcome":"success","duration_s":1e9})", 400, "/duration_s"},
    {"/nobody/iterations", R"({"outcome":"success","duration_s":1})", 404, "nobody"},
    {"/s1/improvements", R"({"value":1})", 400, "iteration"},
  };
  for (const auto& each : all) {
    auto answer = node.post(sessions + each.path, each.body);
    EXPECT_EQ(answer.status, each.status) << each.body << answer.body;
    EXPECT_THAT(answer.body, testing::HasSubstr(each.named)) << each.body;
  }
}

} // namespace
} // namespace hive::cluster
