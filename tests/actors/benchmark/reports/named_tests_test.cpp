// The names of all tests of a run, as far as its format has them.

#include "messages/ec.hpp"
#include "tests/actors/benchmark/reports/recordings.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace test_recordings;
using testing::ElementsAre;
using testing::IsEmpty;

/// `name outcome [file]` per test.
std::vector<std::string> told(const caf::expected<test_results>& results) {
  std::vector<std::string> out;
  if (!results)
    return {text_of(results.error())};
  for (const auto& [name, file, outcome] : results->tests)
    out.push_back(name +
                  (outcome == test_outcome::passed   ? " passed"
                   : outcome == test_outcome::failed ? " failed"
                   : outcome == test_outcome::error  ? " error"
                                                     : " skipped") +
                  (file.empty() ? "" : " " + file));
  return out;
}

TEST(named_tests, junit_xml_names_all_with_their_files) {
  auto results = read("<testsuite><testcase classname='c' name='a' file='t.py'/>"
                      "<testcase classname='c' name='b'><failure/></testcase>"
                      "<testcase name='c'><skipped/></testcase></testsuite>",
                      1);
  EXPECT_THAT(told(results), ElementsAre("c::a passed t.py", "c::b failed", "c skipped"));
  EXPECT_TRUE(results->names_all());
}

TEST(named_tests, ctest_names_all_in_their_last_run) {
  auto results = read("Test project /b\n"
                      "1/4 Test #1: first one ....   Passed    0.00 sec\n"
                      "2/4 Test #2: dots .. inside ...***Failed    0.00 sec\n"
                      "    Test #2: dots .. inside ...   Passed    0.00 sec\n"
                      "3/4 Test #3: third ........***Failed    0.00 sec\n"
                      "4/4 Test #4: fourth .......***Skipped   0.00 sec\n"
                      "\n75% tests passed, 1 tests failed out of 4\n\nTotal Test time (real) =   0.01 sec\n"
                      "\nThe following tests did not run:\n\t  4 - fourth (Skipped)\n"
                      "\nThe following tests FAILED:\n\t  3 - third (Failed)\n",
                      8);
  EXPECT_THAT(told(results),
              ElementsAre("first one passed", "dots .. inside passed", "third failed", "fourth skipped"));
  EXPECT_TRUE(results->names_all());
}

TEST(named_tests, tap_and_go_name_all) {
  EXPECT_THAT(told(read("TAP version 13\n1..3\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP\n", 1)),
              ElementsAre("a passed", "b failed", "c skipped"));
  auto event = [](const std::string& action, const std::string& test) {
    return R"({"Action":")" + action + R"(","Package":"p")" + (test.empty() ? "" : R"(,"Test":")" + test + "\"") +
           "}\n";
  };
  EXPECT_THAT(told(read(event("run", "TestA") + event("pass", "TestA") + event("pass", ""), 0)),
              ElementsAre("p.TestA passed"));
}

TEST(named_tests, pytests_output_names_the_failed_ones_alone) {
  auto results = read(".F [100%]\n=== short test summary info ===\nFAILED a.py::test_x - assert 0\n"
                      "1 failed, 1 passed in 0.02s\n",
                      1);
  EXPECT_THAT(told(results), ElementsAre("a.py::test_x failed"));
  EXPECT_FALSE(results->names_all());
}

TEST(named_tests, of_several_runs_are_all_named) {
  auto one = std::string{"<testsuite><testcase name='a'/></testsuite>"};
  auto two = std::string{"<testsuite><testcase name='b'/></testsuite>"};
  EXPECT_THAT(told(read(one + two, 0)), ElementsAre("a passed", "b passed"));
}

} // namespace
} // namespace hive
