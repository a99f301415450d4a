#pragma once

#include "actors/benchmark/reports/test_results.hpp"

#include <compare>
#include <map>

namespace hive {

enum class test_outcome : uint8_t { passed, failed, error, skipped };

/// What tells one test from another within a run.
struct test_id {
  std::string group; ///< the suite or package in which names are unique
  std::string classname;
  std::string name;
  std::string file;

  auto operator<=>(const test_id&) const = default;
};

/// Counts the tests of one run, each once: a runner may report a test again because it ran again or broke when it was
/// torn down, and then the last report holds. Tests without a name cannot be the same and each count.
class test_tally {
public:
  /// Takes one report, with the test's name as people read it.
  void record(const test_id& id, test_outcome outcome, const std::string& shown);
  /// Takes a test that is no other one, whatever its name.
  void record_single(test_outcome outcome, const std::string& shown);

  size_t tests() const {
    return entries_.size();
  }

  /// The results, with `who` as the only run.
  test_results results(std::string who) const;

private:
  struct entry {
    test_outcome outcome;
    std::string shown;
    bool repeated = false;
  };

  std::map<test_id, size_t> places_;
  std::vector<entry> entries_; ///< in the order of the first reports
};

/// A test's name as it may be shown: valid UTF-8 on one line, at most max_failure_name_bytes long.
std::string shown_name(std::string_view name);

} // namespace hive
