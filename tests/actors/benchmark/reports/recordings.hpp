#pragma once

#include "actors/benchmark/reports/test_results.hpp"
#include "tests/paths.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>

namespace hive::test_recordings {

/// Contents of a file in tests/data/test_results.
inline std::string recording(const std::string& name) {
  std::ifstream file{HIVE_TEST_DATA "/test_results/" + name, std::ios::binary};
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline caf::expected<test_results> read(std::string_view output, std::optional<int> exit_status,
                                        test_format format = test_format::automatic) {
  test_run run;
  run.output = output;
  run.exit_status = exit_status;
  return read_test_results(run, format);
}

/// The pass rate that was read; below 0 when reading failed.
inline double rate_of(const caf::expected<test_results>& results) {
  return results ? results->counts.pass_rate() : -1;
}

inline test_counts counts_of(const caf::expected<test_results>& results) {
  return results ? results->counts : test_counts{};
}

} // namespace hive::test_recordings
