// Outputs and files of test runners, each read in every format.
//
// Promises: no text crashes a reader or makes it slow. Results have at least one test, the rate that follows from their
// counts, and no more named failures than failures. A refusal gives its reason, and a failed command never has a rate
// of 1.

#include "actors/benchmark/reports/test_results.hpp"
#include "messages/ec.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace hive;

void check(const caf::expected<test_results>& read, std::optional<int> exit_status) {
  if (!read) {
    fuzz::require(!text_of(read.error()).empty(), "a refusal says why");
    return;
  }
  const auto& counts = read->counts;
  fuzz::require(counts.total() >= 1 && counts.total() <= max_tests, "a result is of a bounded number of tests");
  fuzz::require(counts.pass_rate() >= 0 && counts.pass_rate() <= 1, "a rate lies between 0 and 1");
  fuzz::require(read->failures.size() <= counts.failures(), "every failure that is named counts");
  fuzz::require(read->failures.size() <= max_named_failures, "names are bounded");
  for (const auto& name : read->failures)
    fuzz::require(name.size() <= max_failure_name_bytes, "a name is bounded");
  fuzz::require(read->tests.size() <= max_named_tests, "the tests with names are bounded");
  for (const auto& test : read->tests)
    fuzz::require(!test.name.empty() && test.name.size() <= max_failure_name_bytes, "a test's name is bounded");
  fuzz::require(!(exit_status && *exit_status == 1 && counts.failures() == 0), "a failed command is no full success");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = hive::fuzz::text_of(data, size);
  for (auto format : {test_format::automatic, test_format::pytest, test_format::ctest, test_format::junit,
                      test_format::tap, test_format::go})
    for (auto status : {std::optional{0}, std::optional{1}, std::optional<int>{}}) {
      test_run run;
      run.output = text;
      run.exit_status = status;
      check(read_test_results(run, format), status);
    }
  test_run of_file;
  of_file.report = text;
  check(read_test_results(of_file, test_format::automatic), 0);
  return 0;
}
