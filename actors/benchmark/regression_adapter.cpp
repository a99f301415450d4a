#include "actors/benchmark/regression_adapter.hpp"

#include "actors/benchmark/run_report.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace hive {
namespace {

std::string_view view(capnp::Data::Reader data) {
  auto chars = data.asChars();
  return {chars.begin(), chars.size()};
}

/// Empty when results come from standard output.
std::filesystem::path report_path(const regression_options& options) {
  if (options.results_file.empty())
    return {};
  return std::filesystem::path{options.workdir} / options.results_file;
}

caf::error remove_old_report(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error)
    return fail(ec::process_failed, "the old results file " + path.string() + " cannot be removed: " + error.message());
  return caf::none;
}

caf::expected<std::string> read_report(const std::filesystem::path& path) {
  std::error_code error;
  auto size = std::filesystem::is_regular_file(path, error) ? std::filesystem::file_size(path, error) : 0;
  if (error || size == 0)
    return fail(ec::no_data, "the tests wrote no results file " + path.string());
  if (size > defaults::max_test_report_bytes)
    return fail(ec::too_large, "the results file " + path.string() + " has " + std::to_string(size) +
                                 " bytes; at most " + std::to_string(defaults::max_test_report_bytes) + " are read");
  std::string text(size, '\0');
  std::ifstream file{path, std::ios::binary};
  if (!file.read(text.data(), static_cast<std::streamsize>(size)))
    return fail(ec::process_failed, "the results file " + path.string() + " cannot be read");
  return text;
}

caf::expected<test_counts> read_counts(const regression_options& options, wire::RunResult::Reader result) {
  test_run run;
  run.output = view(result.getStdout());
  run.exit_status = result.getExitStatus();
  run.signal = result.getSignal();
  run.timed_out = result.getTimedOut();
  run.truncated = result.getStdoutTruncated();
  bool ended_itself = !run.timed_out && run.signal == 0;
  if (options.results_file.empty() || !ended_itself)
    return read_test_results(run, options.format);
  auto report = read_report(report_path(options));
  if (!report)
    return report.error();
  run.report = *report;
  return read_test_results(run, test_format::junit);
}

void set_metric(wire::Metric::Builder out, const char* name, double value, wire::Direction direction,
                const char* unit) {
  out.setName(name);
  out.setValue(value);
  out.setDirection(direction);
  out.setUnit(unit);
}

msg<wire::Measurement> measurement_of(const test_counts& counts) {
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
    auto metrics = out.initMetrics(2);
    set_metric(metrics[0], "test_pass_rate", counts.pass_rate(), wire::Direction::HIGHER, "ratio");
    set_metric(metrics[1], "test_fail_count", counts.failures(), wire::Direction::LOWER, "count");
  });
}

run_plan plan_of(std::string name, const regression_options& options) {
  run_plan out;
  out.name = std::move(name);
  out.command = options.command.empty() ? default_test_command : options.command;
  out.workdir = options.workdir;
  out.environment = options.environment;
  out.timeout = options.timeout;
  out.output_cap = defaults::max_test_report_bytes;
  if (auto path = report_path(options); !path.empty())
    out.prepare = [path] { return remove_old_report(path); };
  out.read = [options, command = out.command](wire::RunResult::Reader result) -> caf::expected<msg<wire::Measurement>> {
    auto counts = read_counts(options, result);
    if (!counts)
      return fail(code_of(counts.error()), text_of(counts.error()) + "; " + describe_run(command, result));
    return measurement_of(*counts);
  };
  return out;
}

} // namespace

const std::vector<std::string> default_test_command{"python3", "-m", "pytest", "-q", "-k", "not nested_task"};

std::string regression_options::why_idle() const {
  bool is_configured = !command.empty() || !workdir.empty();
  return is_configured ? "" : "no tests are configured: neither a command nor a workdir is set";
}

caf::error regression_options::validate() const {
  if (timeout.count() <= 0 || timeout > defaults::max_process_timeout)
    return fail(ec::invalid, "timeout is not within 0 to 24 hours");
  if (!command.empty() && command.front().empty())
    return fail(ec::invalid, "command has an empty program");
  if (!results_file.empty() && format != test_format::junit && format != test_format::automatic)
    return fail(ec::invalid, "results_file " + results_file + " can only be of format junit");
  return caf::none;
}

adapter_actor::behavior_type regression_adapter(adapter_actor::stateful_pointer<run_adapter_state> self,
                                                runner_actor runner, std::string name, regression_options options) {
  auto why = options.why_idle();
  if (why.empty())
    return run_adapter(self, std::move(runner), plan_of(std::move(name), options));
  return {[why](const msg<wire::MeasureRequest>&) {
    return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) { out.setSkipped(why); });
  }};
}

} // namespace hive
