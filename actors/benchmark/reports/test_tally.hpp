#pragma once

#include "actors/benchmark/reports/test_results.hpp"

#include <compare>
#include <map>

namespace hive {

/// Identifies a test within a run.
struct test_id {
  std::string group; ///< the suite or package in which names are unique
  std::string classname;
  std::string name;
  std::string file;

  auto operator<=>(const test_id&) const = default;
};

/// Counts each test of one run once. A runner may report a test again after a rerun or a failed tear-down; the last
/// report counts. Tests without a name are all distinct.
class test_tally {
public:
  /// Records one report, with the test's name for display.
  void record(const test_id& id, test_outcome outcome, const std::string& shown);
  /// Records a test that is distinct from all others, whatever its name.
  void record_single(test_outcome outcome, const std::string& shown, const std::string& file = {});

  size_t tests() const {
    return entries_.size();
  }

  /// The results, with `who` as the only run.
  test_results results(std::string who) const;

private:
  struct entry {
    test_outcome outcome;
    std::string shown;
    std::string file;
    bool repeated = false;
  };

  std::map<test_id, size_t> places_;
  std::vector<entry> entries_; ///< in the order of the first reports
};

/// A test's name for display: valid UTF-8 on one line, at most max_failure_name_bytes long.
std::string shown_name(std::string_view name);

} // namespace hive
