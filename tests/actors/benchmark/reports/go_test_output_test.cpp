#include "messages/ec.hpp"
#include "tests/actors/benchmark/reports/recordings.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace test_recordings;
using testing::HasSubstr;

std::string go(const std::string& action, const std::string& test, const std::string& package = "p",
               const std::string& output = "") {
  return "{\"Action\":\"" + action + "\",\"Package\":\"" + package + "\"" +
         (test.empty() ? "" : ",\"Test\":\"" + test + "\"") + (output.empty() ? "" : ",\"Output\":\"" + output + "\"") +
         "}\n";
}

const std::string package_failed = go("output", "", "p", "FAIL\\n") + go("fail", "");

std::string go_reason(const std::string& text) {
  auto results = read(text, std::nullopt, test_format::go);
  return results ? "" : text_of(results.error());
}

TEST(go_test_output, the_last_run_of_a_test_counts_and_another_run_of_the_package_is_added) {
  auto one = go("run", "A") + go("pass", "A");
  EXPECT_EQ(counts_of(read(one + one + go("pass", ""), 0)), (test_counts{1, 0, 0, 0}));
  auto fails = go("run", "A") + go("fail", "A") + package_failed;
  EXPECT_EQ(counts_of(read(fails + one + go("pass", ""), 1)), (test_counts{1, 1, 0, 0}));
}

TEST(go_test_output, refuses_what_did_not_end) {
  auto one = go("run", "A") + go("pass", "A");
  EXPECT_THAT(go_reason(one), HasSubstr("did not end package p"));
  EXPECT_THAT(go_reason(one + go("run", "B") + go("pass", "")), HasSubstr("did not end p.B"));
  EXPECT_THAT(go_reason(one + go("fail", "")), HasSubstr("did not run all its tests"));
  EXPECT_THAT(go_reason(one + package_failed), HasSubstr("did not run all its tests"));
  EXPECT_THAT(go_reason(go("run", "A") + go("fail", "A") + go("fail", "")), HasSubstr("did not run all its tests"));
  EXPECT_THAT(go_reason(go("run", "A") + go("fail", "A") + go("pass", "")), HasSubstr("a test of it failed"));
  EXPECT_THAT(go_reason(one + "FAIL\tq [build failed]\n" + go("pass", "")), HasSubstr("[build failed]"));
  EXPECT_THAT(go_reason(one + go("pass", "").substr(0, 20)), HasSubstr("go test"));
  EXPECT_THAT(go_reason("{\"a\":" + std::string(100'000, '[')), HasSubstr("go test"));
  EXPECT_THAT(go_reason(""), HasSubstr("no event"));
}

TEST(go_test_output, a_package_without_tests_is_no_test) {
  EXPECT_THAT(go_reason(go("output", "", "p", "?") + go("skip", "")), HasSubstr("no test ran"));
}

} // namespace
} // namespace hive
