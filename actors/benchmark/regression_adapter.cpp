#include "actors/benchmark/regression_adapter.hpp"

#include "actors/benchmark/report_directory.hpp"
#include "actors/process/run_report.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <caf/all.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

namespace hive {
namespace {

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

/// Reads a run's results from `file`, or from its output when `file` is empty.
caf::expected<test_results> read_results(const test_run& run, const std::filesystem::path& file, test_format format) {
  if (file.empty())
    return read_test_results(run, format);
  return read_file_results(run, format, [&] { return read_report(file); });
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

caf::expected<msg<wire::Measurement>> to_measurement(const caf::expected<test_results>& results,
                                                     std::span<const std::string> command,
                                                     wire::RunResult::Reader result) {
  if (!results)
    return fail(code_of(results.error()), text_of(results.error()) + "; " + describe_run(command, result));
  return measurement_of(results->counts);
}

/// Plans to run pytest with a results file whose path the node chooses.
void plan_default(run_plan& out) {
  std::error_code none;
  auto parent = std::filesystem::temp_directory_path(none);
  auto directory = std::make_shared<report_directory>(none ? std::filesystem::path{"/tmp"} : parent);
  out.command = default_test_command;
  out.command.push_back("--junitxml=" + directory->file().string());
  out.prepare = [directory] { return directory->renew(); };
  out.read = [directory, command = out.command](wire::RunResult::Reader result) {
    auto run = run_of(result);
    run.report_is_all = true;
    auto results = read_results(run, directory->file(), test_format::junit);
    directory->clear();
    return to_measurement(results, command, result);
  };
}

void plan_configured(run_plan& out, const regression_options& options) {
  out.command = options.command;
  auto path = report_path(options);
  if (!path.empty())
    out.prepare = [path] { return remove_old_report(path); };
  out.read = [path, format = options.format, command = out.command](wire::RunResult::Reader result) {
    return to_measurement(read_results(run_of(result), path, format), command, result);
  };
}

run_plan plan_of(const regression_options& options) {
  run_plan out;
  out.name = "regression";
  out.workdir = options.workdir;
  out.environment = options.environment;
  out.timeout = options.timeout;
  out.output_cap = defaults::max_test_report_bytes;
  if (options.command.empty())
    plan_default(out);
  else
    plan_configured(out, options);
  return out;
}

adapter_actor::behavior_type skipping_adapter(adapter_actor::pointer, const std::string& why) {
  return {[why](const msg<wire::MeasureRequest>&) {
    return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) { out.setSkipped(why); });
  }};
}

} // namespace

std::string regression_options::unavailable_reason() const {
  bool is_configured = !command.empty() || !workdir.empty();
  return is_configured ? "" : "no tests are configured: neither a command nor a workdir is set";
}

caf::error regression_options::validate() const {
  if (timeout.count() <= 0 || timeout > defaults::max_process_timeout)
    return fail(ec::invalid, "timeout is not within 0 to 24 hours");
  if (!command.empty() && command.front().empty())
    return fail(ec::invalid, "command has an empty program");
  if (!results_file.empty() && !is_file_format(format))
    return fail(ec::invalid, "results_file " + results_file + " can only be of format junit, tap or go");
  if (command.empty() && (!results_file.empty() || format != test_format::automatic))
    return fail(ec::invalid, std::string{results_file.empty() ? "format" : "results_file"} +
                               " needs a command; the default one has a results file of its own");
  return caf::none;
}

adapter_actor spawn_regression_adapter(caf::actor_system& system, run_adapter_services services,
                                       regression_options options) {
  if (auto why = options.unavailable_reason(); !why.empty())
    return system.spawn(skipping_adapter, why);
  return spawn_run_adapter(system, std::move(services), plan_of(options));
}

} // namespace hive
