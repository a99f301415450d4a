#include "actors/review/rules/tool_issues.hpp"

#include <gmock/gmock.h>

namespace hive::review {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

check_result read(const std::string& output) {
  check_result out;
  read_issues(output, out);
  return out;
}

TEST(tool_issues, reads_lines_that_name_a_place) {
  auto out =
    read("\x1b[1ma.py:3:7: E501 too long\x1b[0m\n./b/c.py:12: F401 unused\n/src/d.py:1:1: x\nFound 3 errors\n");
  ASSERT_THAT(out.issues, SizeIs(3));
  EXPECT_EQ(out.issue_count, 3u);
  EXPECT_EQ(out.issues[0].path, "a.py");
  EXPECT_EQ(out.issues[0].line, 3u);
  EXPECT_EQ(out.issues[0].output, "a.py:3:7: E501 too long");
  EXPECT_EQ(out.issues[1].path, "b/c.py");
  EXPECT_EQ(out.issues[2].path, "d.py");
}

TEST(tool_issues, takes_no_place_outside_of_the_checkout) {
  for (const auto* line :
       {"/etc/passwd:1: x", "../a:1: x", "a/../../b:1: x", "a:0: x", "a:x: y", ":1: x", "a:1", "<a>:1: x"})
    EXPECT_EQ(read(line).issues.front().path, "") << line;
}

TEST(tool_issues, output_without_places_is_one_issue_with_its_end) {
  auto out = read("begin\n" + std::string(2'000, 'x') + "\nthe end\n");
  ASSERT_THAT(out.issues, SizeIs(1));
  EXPECT_LE(out.issues[0].output.size(), max_issue_bytes);
  EXPECT_THAT(out.issues[0].output, HasSubstr("the end"));
  EXPECT_THAT(read("").issues, SizeIs(1));
}

TEST(tool_issues, counts_more_than_it_keeps) {
  std::string output;
  for (size_t i = 0; i < max_issues + 5; ++i)
    output += "a.py:1: " + std::string(1'000, 'x') + "\xff\n";
  auto out = read(output);
  EXPECT_THAT(out.issues, SizeIs(max_issues));
  EXPECT_EQ(out.issue_count, max_issues + 5);
  for (const auto& issue : out.issues)
    ASSERT_LE(issue.output.size(), max_issue_bytes);
}

} // namespace
} // namespace hive::review
