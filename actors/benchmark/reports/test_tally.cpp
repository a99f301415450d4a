#include "actors/benchmark/reports/test_tally.hpp"

#include "actors/process/run_report.hpp"

#include <algorithm>

namespace hive {

bool test_results::add(const test_results& other) {
  auto sum = [](uint32_t& into, uint32_t more) {
    into = static_cast<uint32_t>(std::min<uint64_t>(uint64_t{into} + more, UINT32_MAX));
  };
  sum(counts.passed, other.counts.passed);
  sum(counts.failed, other.counts.failed);
  sum(counts.errors, other.counts.errors);
  sum(counts.skipped, other.counts.skipped);
  last = other.last;
  repeated += other.repeated;
  runs.insert(runs.end(), other.runs.begin(), other.runs.end());
  for (const auto& test : other.tests)
    if (tests.size() < max_named_tests)
      tests.push_back(test);
  for (const auto& name : other.failures)
    if (failures.size() < max_named_failures)
      failures.push_back(name);
  return uint64_t{counts.passed} + counts.failed + counts.errors + counts.skipped <= max_tests;
}

bool test_results::names_all() const {
  auto counts_in = [](const named_test& test) { return test.outcome != test_outcome::skipped; };
  return static_cast<uint64_t>(std::count_if(tests.begin(), tests.end(), counts_in)) >= counts.total();
}

void test_tally::record(const test_id& id, test_outcome outcome, const std::string& shown) {
  if (id.name.empty()) {
    record_single(outcome, shown, id.file);
    return;
  }
  auto [found, is_new] = places_.try_emplace(id, entries_.size());
  if (is_new) {
    record_single(outcome, shown, id.file);
    return;
  }
  auto& entry = entries_[found->second];
  entry.outcome = outcome;
  entry.repeated = true;
}

void test_tally::record_single(test_outcome outcome, const std::string& shown, const std::string& file) {
  entries_.push_back({outcome, shown, file});
}

test_results test_tally::results(std::string who) const {
  test_results out;
  out.runs.push_back(std::move(who));
  for (const auto& entry : entries_) {
    auto& count = entry.outcome == test_outcome::passed   ? out.counts.passed
                  : entry.outcome == test_outcome::failed ? out.counts.failed
                  : entry.outcome == test_outcome::error  ? out.counts.errors
                                                          : out.counts.skipped;
    ++count;
    out.repeated += entry.repeated;
    if (out.tests.size() < max_named_tests)
      out.tests.push_back({shown_name(entry.shown), entry.file, entry.outcome});
    bool broke = entry.outcome == test_outcome::failed || entry.outcome == test_outcome::error;
    if (broke && out.failures.size() < max_named_failures)
      out.failures.push_back(shown_name(entry.shown));
  }
  out.last = out.counts;
  return out;
}

std::string shown_name(std::string_view name) {
  auto out = printable_tail(name, max_failure_name_bytes - 3);
  return out.empty() ? "(a test without a name)" : out;
}

} // namespace hive
