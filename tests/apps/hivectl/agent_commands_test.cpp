#include "messages/baseline.capnp.h"
#include "tests/apps/support/hivectl.hpp"
#include "tests/apps/support/running_node.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string recipe(const std::string& rate) {
  return R"({"actions":[{"action_id":1,"experience":{"success_rate":)" + rate + "}}]}";
}

class agent_commands : public testing::Test {
protected:
  program_result run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "agent");
    return hivectl(node, std::move(arguments));
  }

  std::string file(const std::string& name, const std::string& content) {
    auto path = temp.path() / name;
    std::ofstream{path} << content;
    return path;
  }

  temporary_directory temp;
  running_node node;
};

TEST_F(agent_commands, an_unknown_agent_is_no_such_thing_and_a_bad_name_is_wrong_usage) {
  EXPECT_THAT(run({"list"}).out, HasSubstr("No agents yet"));
  auto unknown = run({"show", "71/0"});
  EXPECT_EQ(unknown.status, 66);
  EXPECT_THAT(unknown.err, HasSubstr("71/0"));
  for (auto name : {"71", "/0", "71/", "71/0/1"}) {
    auto wrong = run({"show", name});
    EXPECT_EQ(wrong.status, 64) << name;
    EXPECT_THAT(wrong.err, HasSubstr("PROMPT_ID/FLOW_ID"));
  }
  EXPECT_EQ(run({"capture", "71/a_b"}).status, 65);
  auto trick = run({"show", "../0"});
  EXPECT_EQ(trick.status, 65);
  EXPECT_THAT(trick.err, HasSubstr("path parameter prompt_id"));
}

TEST_F(agent_commands, from_a_capture_to_an_accepted_regression) {
  EXPECT_EQ(run({"validate", "71/0"}).status, 2);
  auto first = run({"capture", "71/0", "--trigger", "creation"});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.out, "Captured baseline 1 of 71/0 (capture)\n");
  auto skipped = run({"capture", "71/0", "--trigger", "recipe_change"});
  EXPECT_THAT(skipped.out, HasSubstr("Nothing captured: the agent was created less than 60 s ago"));
  EXPECT_THAT(run({"capture", "71/0"}).out, HasSubstr("baseline 2"));
  EXPECT_THAT(run({"list"}).out, AllOf(HasSubstr("71/0"), HasSubstr("healthy")));
  EXPECT_THAT(run({"list", "--state", "regressed"}).out, HasSubstr("None of the 1 known agents"));
  EXPECT_THAT(run({"show", "71/0"}).out, AllOf(HasSubstr("Baselines   2, newest 2"), HasSubstr("creation")));
  EXPECT_THAT(run({"trend", "71/0"}).out, AllOf(HasSubstr("Rewards"), HasSubstr("stable")));
  EXPECT_THAT(run({"compare", "71/0", "1", "2"}).out, AllOf(HasSubstr("action_count"), HasSubstr("BASELINE 2")));
  EXPECT_EQ(run({"compare", "71/0", "1", "9"}).status, 66);
  EXPECT_EQ(run({"pin", "71/0", "1"}).out, "The reference of 71/0 is baseline 1, pinned\n");
  EXPECT_EQ(run({"pin", "71/0"}).out, "The reference of 71/0 is baseline 2\n");
  EXPECT_EQ(run({"accept", "71/0"}).status, 64);
  EXPECT_EQ(run({"accept", "71/0", "--reason", "slower and cheaper"}).out,
            "Baseline 3 of 71/0 is reference and anchor now\n");
  EXPECT_THAT(run({"show", "71/0"}).out, HasSubstr("slower and cheaper"));
}

TEST_F(agent_commands, a_recipe_is_validated_before_it_is_used) {
  run({"capture", "71/0"});
  // The only baseline holds nothing to compare.
  EXPECT_EQ(run({"validate", "71/0", "--recipe", file("r.json", recipe("0.5"))}).status, 2);
  EXPECT_EQ(run({"validate", "71/0", "--recipe", file("r.json", recipe("0.5")), "--policy", "threshold"}).status, 0);
  EXPECT_EQ(run({"validate", "71/0", "--recipe", file("r.json", "[]")}).status, 65);
  EXPECT_EQ(run({"validate", "71/0", "--recipe", "/nowhere/r.json"}).status, 74);
}

} // namespace
} // namespace hive::test
