#include "actors/benchmark/reports/test_command.hpp"

namespace hive {
namespace {

std::string_view text_view(capnp::Data::Reader data) {
  auto chars = data.asChars();
  return {chars.begin(), chars.size()};
}

} // namespace

const std::vector<std::string> default_test_command{"python3",         "-m",         "pytest", "-q", "-k",
                                                    "not nested_task", "--maxfail=0"};

test_run run_of(wire::RunResult::Reader result) {
  test_run run;
  run.output = text_view(result.getStdout());
  run.exit_status = result.getExitStatus();
  run.signal = result.getSignal();
  run.timed_out = result.getTimedOut();
  run.truncated = result.getStdoutTruncated();
  return run;
}

caf::expected<test_results> read_file_results(test_run run, test_format format,
                                              const std::function<caf::expected<std::string>()>& read_file) {
  bool ended_itself = !run.timed_out && run.signal == 0;
  if (!ended_itself)
    return read_test_results(run, format);
  auto report = read_file();
  if (!report) {
    // pytest's exit status says why it wrote no file.
    auto without = run.report_is_all ? read_test_results(run, test_format::pytest) : report.error();
    return without ? report.error() : without.error();
  }
  run.report = *report;
  return read_test_results(run, format);
}

} // namespace hive
