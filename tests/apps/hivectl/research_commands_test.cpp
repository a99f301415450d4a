#include "messages/json.hpp"
#include "messages/research.capnp.h"
#include "tests/apps/support/hivectl.hpp"
#include "tests/apps/support/running_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(research, a_session_from_start_to_finish_on_a_real_node) {
  running_node node;
  auto started = hivectl(node.url(), {"research", "start", "faster parsing", "--id", "parser", "--metric", "parse_ms",
                                      "--direction", "lower", "--initial", "12.5", "--tool", "ruff"});
  EXPECT_EQ(started.status, 0) << started.err;
  EXPECT_EQ(started.out, "Started parser\n");
  EXPECT_NE(hivectl(node.url(), {"research", "start", "again", "--id", "parser"}).status, 0);
  auto listed = hivectl(node.url(), {"research", "list"});
  EXPECT_THAT(listed.out, AllOf(HasSubstr("parser"), HasSubstr("running"), HasSubstr("12.5")));
  auto shown = hivectl(node.url(), {"research", "show", "parser"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("Best parse_ms 12.5"), HasSubstr("lower is better")));
  auto finished = hivectl(node.url(), {"research", "finish", "parser", "--summary", "not today"});
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("finished"), HasSubstr("not today")));
  auto document = hivectl(node.url(), {"--json", "research", "show", "parser"});
  auto context = from_json<wire::ResearchContext>(document.out);
  ASSERT_TRUE(context) << document.out;
  EXPECT_EQ((*context)->getSession().getState(), wire::ResearchState::FINISHED);
  auto unknown = hivectl(node.url(), {"research", "show", "nobody"});
  EXPECT_NE(unknown.status, 0);
  EXPECT_THAT(unknown.err, HasSubstr("nobody"));
}

} // namespace
} // namespace hive::test
