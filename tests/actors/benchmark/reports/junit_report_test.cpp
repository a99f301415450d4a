#include "messages/ec.hpp"
#include "tests/actors/benchmark/reports/recordings.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace test_recordings;
using testing::ElementsAre;
using testing::HasSubstr;

caf::expected<test_results> read_xml(const std::string& xml) {
  return read(xml, std::nullopt, test_format::junit);
}

std::string xml_error(const std::string& xml) {
  auto results = read_xml(xml);
  return results ? "" : text_of(results.error());
}

test_counts suite(const std::string& attributes, const std::string& tests) {
  return counts_of(read_xml("<testsuite " + attributes + ">" + tests + "</testsuite>"));
}

const std::string passed = "<testcase classname=\"c\" name=\"p\"/>";
const std::string failed = "<testcase classname=\"c\" name=\"f\"><failure/></testcase>";

TEST(junit_report, each_test_counts_once_and_its_last_report_holds) {
  auto again = std::string{"<testcase classname=\"c\" name=\"f\"/>"};
  EXPECT_EQ(suite("", failed + again), (test_counts{1, 0, 0, 0}));
  EXPECT_EQ(suite("", again + failed), (test_counts{0, 1, 0, 0}));
  EXPECT_EQ(read_xml("<testsuite>" + failed + again + "</testsuite>")->repeated, 1u);
  // Tests that differ in class, file or suite are different tests.
  EXPECT_EQ(suite("", failed + "<testcase classname=\"d\" name=\"f\"/>"), (test_counts{1, 1, 0, 0}));
  EXPECT_EQ(suite("", failed + "<testcase classname=\"c\" name=\"f\" file=\"x\"/>"), (test_counts{1, 1, 0, 0}));
  EXPECT_EQ(counts_of(read_xml("<testsuites><testsuite>" + failed + "</testsuite><testsuite>" + again +
                               "</testsuite></testsuites>")),
            (test_counts{1, 1, 0, 0}));
}

TEST(junit_report, tests_without_a_name_are_different_tests) {
  EXPECT_EQ(suite("", "<testcase name=\"\"><failure/></testcase><testcase name=\"\"/>"), (test_counts{1, 1, 0, 0}));
  EXPECT_THAT(xml_error("<testsuite><testcase/></testsuite>"), HasSubstr("without the attribute name"));
}

TEST(junit_report, counters_must_agree_with_what_is_listed) {
  EXPECT_EQ(suite("tests=\"2\" failures=\"1\" errors=\"0\"", passed + failed), (test_counts{1, 1, 0, 0}));
  struct {
    const char* attributes;
    const char* why;
  } cases[] = {
    {"tests=\"3\"", "says tests=\"3\", but holds 2 tests"},
    {"tests=\"1\"", "says tests=\"1\", but holds 2 tests"},
    {"tests=\"two\"", "says tests=\"two\""},
    {"tests=\"99999999999999999999\"", "says tests=\"99999999999999999999\""},
    {"tests=\"-2\"", "says tests=\"-2\""},
    {"failures=\"2\"", "says failures=\"2\", but holds 1 failed test"},
    {"failures=\"0\"", "says failures=\"0\", but holds 1 failed test"},
    {"errors=\"1\" failures=\"1\"", "says failures=\"1\", but holds 1 failed test"},
    {"failures=\"1\" errors=\"99999999999999999999\"", "says errors="},
    {"skipped=\"1\"", "says skipped=\"1\", but holds 0 skipped tests"},
  };
  for (const auto& [attributes, why] : cases) {
    EXPECT_THAT(xml_error("<testsuite " + std::string{attributes} + ">" + passed + failed + "</testsuite>"),
                HasSubstr(why));
    EXPECT_THAT(xml_error("<testsuites " + std::string{attributes} + "><testsuite>" + passed + failed +
                          "</testsuite></testsuites>"),
                HasSubstr(why));
  }
  EXPECT_THAT(xml_error("<testsuite name=\"s\" failures=\"1\">" + passed + "</testsuite>"),
              HasSubstr("says failures=\"1\" in \"s\", but holds 0 failed tests"));
}

TEST(junit_report, a_status_says_what_no_element_says) {
  auto with = [](const std::string& status) {
    return suite("", passed + "<testcase name=\"x\" status=\"" + status + "\"/>");
  };
  for (const char* status : {"failed", "fail", "FAILED", "failure", "timeout"})
    EXPECT_EQ(with(status), (test_counts{1, 1, 0, 0})) << status;
  for (const char* status : {"error", "Error"})
    EXPECT_EQ(with(status), (test_counts{1, 0, 1, 0})) << status;
  for (const char* status : {"notrun", "disabled", "skipped", "ignored", "pending", "todo"})
    EXPECT_EQ(with(status), (test_counts{1, 0, 0, 1})) << status;
  for (const char* status : {"run", "passed", "Success", "completed"})
    EXPECT_EQ(with(status), (test_counts{2, 0, 0, 0})) << status;
  EXPECT_THAT(xml_error("<testsuite><testcase name=\"x\" status=\"exploded\"/></testsuite>"),
              HasSubstr("gives \"x\" the status \"exploded\""));
  // A failed test stays failed, whatever its status says.
  EXPECT_EQ(suite("", "<testcase name=\"x\" status=\"passed\"><failure/></testcase>"), (test_counts{0, 1, 0, 0}));
}

TEST(junit_report, counters_of_assertions_are_those_of_catch2_and_doctest_alone) {
  auto assertions = [](const std::string& mark) {
    return xml_error("<testsuites><testsuite name=\"x\" tests=\"9\" failures=\"2\" errors=\"0\" " + mark +
                     "><testcase name=\"a\"><failure/><failure/></testcase></testsuite></testsuites>");
  };
  EXPECT_EQ(assertions("hostname=\"tbd\""), "");
  EXPECT_EQ(assertions("doctest_version=\"2.4.9\""), "");
  EXPECT_THAT(assertions(""), HasSubstr("says tests=\"9\""));
  EXPECT_THAT(xml_error("<testsuites><testsuite name=\"x\" tests=\"9\" failures=\"2\" errors=\"0\" hostname=\"tbd\">"
                        "<testcase name=\"a\"><failure/></testcase></testsuite></testsuites>"),
              HasSubstr("says failures=\"2\""));
}

TEST(junit_report, several_reports_are_added) {
  auto one = "<?xml version=\"1.0\"?>\n<testsuite tests=\"2\">" + passed + failed + "</testsuite>\n";
  EXPECT_EQ(counts_of(read_xml(one + one)), (test_counts{2, 2, 0, 0}));
  EXPECT_FALSE(read_xml(one + one.substr(0, one.size() / 2)));
  EXPECT_THAT(xml_error(one + "Segmentation fault\n"), HasSubstr("beside other text: Segmentation fault"));
}

TEST(junit_report, text_that_only_begins_like_xml_is_none) {
  EXPECT_EQ(rate_of(read("<a.Foo object at 0x7f>\n.\n1 passed in 0.00s\n", 0)), 1);
  EXPECT_EQ(rate_of(read("\xEF\xBB\xBF<testsuite><testcase name=\"a\"/></testsuite>", 0)), 1);
  EXPECT_FALSE(read("<html><body/></html>", 0));
}

TEST(junit_report, refuses_entities_and_depth) {
  EXPECT_THAT(xml_error("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><testsuite><testcase name=\"&b;\"/>"
                        "</testsuite>"),
              HasSubstr("document type"));
  std::string deep, ends;
  for (int i = 0; i < 200'000; ++i) {
    deep += "<testsuite>";
    ends += "</testsuite>";
  }
  EXPECT_THAT(xml_error(deep + ends), HasSubstr("nests suites more than 64 deep"));
  std::string others, closed;
  for (int i = 0; i < 200'000; ++i) {
    others += "<a>";
    closed += "</a>";
  }
  EXPECT_EQ(rate_of(read_xml("<testsuite><testcase name=\"t\">" + others + closed + "</testcase></testsuite>")), 1);
}

TEST(junit_report, names_failures_up_to_a_bound) {
  std::string many;
  for (int i = 0; i < 300; ++i)
    many +=
      "<testcase classname=\"c\" name=\"t" + std::to_string(i) + std::string(1'000, 'x') + "\n\"><failure/></testcase>";
  auto results = read_xml("<testsuite>" + many + "</testsuite>");
  ASSERT_TRUE(results);
  EXPECT_EQ(results->counts.failed, 300u);
  ASSERT_EQ(results->failures.size(), max_named_failures);
  for (const auto& name : results->failures) {
    EXPECT_LE(name.size(), max_failure_name_bytes);
    EXPECT_EQ(name.find('\n'), std::string::npos);
  }
}

} // namespace
} // namespace hive
