// Compares the results read from real files with what the tests really did, according to the truth tables beside the
// files.

#include "messages/ec.hpp"
#include "tests/actors/benchmark/reports/recordings.hpp"

#include <charconv>
#include <gmock/gmock.h>
#include <sstream>
#include <vector>

namespace hive {
namespace {

using namespace test_recordings;
using testing::HasSubstr;

struct truth {
  std::string file;
  std::optional<int> exit_status;
  bool refused = false;
  uint32_t passed = 0;
  uint32_t failed = 0;
  uint32_t skipped = 0;
  std::string code;
  std::string reason;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream in{line};
  for (std::string cell; std::getline(in, cell, '\t');)
    out.push_back(cell);
  return out;
}

std::vector<truth> truths_of(const std::string& folder) {
  std::vector<truth> out;
  std::istringstream table{recording(folder + "/truth.tsv")};
  for (std::string line; std::getline(table, line);) {
    auto cells = cells_of(line);
    if (line.starts_with('#') || cells.size() != 5)
      continue;
    truth next;
    next.file = folder + "/" + cells[0];
    if (cells[1] != "-")
      next.exit_status = std::stoi(cells[1]);
    next.refused = cells[2] == "refused";
    if (next.refused) {
      next.code = cells[3];
      next.reason = cells[4];
    } else {
      next.passed = static_cast<uint32_t>(std::stoul(cells[2]));
      next.failed = static_cast<uint32_t>(std::stoul(cells[3]));
      next.skipped = static_cast<uint32_t>(std::stoul(cells[4]));
    }
    out.push_back(std::move(next));
  }
  return out;
}

void expect(const truth& wanted, std::optional<int> exit_status, test_format format) {
  auto text = recording(wanted.file);
  auto results = read(text, exit_status, format);
  SCOPED_TRACE(wanted.file);
  if (wanted.refused) {
    ASSERT_FALSE(results);
    EXPECT_EQ(to_string(code_of(results.error())), wanted.code);
    EXPECT_THAT(text_of(results.error()), HasSubstr(wanted.reason));
    return;
  }
  ASSERT_TRUE(results) << text_of(results.error());
  EXPECT_EQ(results->counts.passed, wanted.passed);
  EXPECT_EQ(results->counts.failures(), wanted.failed);
  EXPECT_EQ(results->counts.skipped, wanted.skipped);
  EXPECT_EQ(results->failures.size(), wanted.failed) << "each failure has a name";
}

test_format format_of(const std::string& file) {
  if (file.ends_with(".xml"))
    return test_format::junit;
  if (file.ends_with(".json"))
    return test_format::go;
  for (const char* tap : {"tap", "perl"})
    if (file.find(tap) != std::string::npos)
      return test_format::tap;
  return test_format::automatic; // cases that mix output of pytest and ctest
}

TEST(test_truth, each_reported_case_is_read_as_it_is) {
  auto all = truths_of("cases");
  EXPECT_EQ(all.size(), 16u);
  for (const auto& wanted : all) {
    expect(wanted, wanted.exit_status, test_format::automatic);
    expect(wanted, wanted.exit_status, format_of(wanted.file));
  }
}

TEST(test_truth, each_recording_of_a_runner_is_read_as_it_is) {
  auto all = truths_of("runners");
  EXPECT_GE(all.size(), 41u);
  for (const auto& wanted : all) {
    expect(wanted, wanted.exit_status, test_format::automatic);
    expect(wanted, wanted.exit_status, format_of(wanted.file));
  }
}

/// Reads a file without exit status, as `hivectl benchmark check` does.
TEST(test_truth, does_not_hang_on_the_exit_status) {
  for (const char* folder : {"cases", "runners"})
    for (const auto& wanted : truths_of(folder))
      if (!wanted.refused)
        expect(wanted, std::nullopt, test_format::automatic);
}

TEST(test_truth, an_exit_status_that_contradicts_refuses_each) {
  for (const char* folder : {"cases", "runners"})
    for (const auto& wanted : truths_of(folder)) {
      auto text = recording(wanted.file);
      bool several = wanted.exit_status == 0 && wanted.failed > 0;
      if (!wanted.refused && !several) {
        EXPECT_FALSE(read(text, wanted.failed > 0 ? 0 : 1)) << wanted.file;
      }
    }
}

} // namespace
} // namespace hive
