#include "actors/benchmark/command_adapter.hpp"

#include "actors/benchmark/reports/text_scanner.hpp"
#include "actors/process/child_process.hpp"
#include "actors/process/run_report.hpp"
#include "messages/json.hpp"

namespace hive {
namespace {

std::string text_of(capnp::Text::Reader text) {
  return {text.cStr(), text.size()};
}

std::string_view view(capnp::Data::Reader data) {
  auto chars = data.asChars();
  return {chars.begin(), chars.size()};
}

/// Reads a measurement, or HART OS's form of one that was skipped. A failure is that of reading a measurement.
caf::expected<msg<wire::Measurement>> read_output(std::string_view output) {
  auto measurement = from_json<wire::Measurement>(output);
  if (measurement)
    return measurement;
  auto skipped = from_json<wire::SkippedOutput>(output);
  if (!skipped || !(*skipped)->getSkipped())
    return measurement;
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
    auto reason = (*skipped)->getReason();
    out.setSkipped(reason.size() > 0 ? reason : "it gives no reason");
  });
}

} // namespace

caf::expected<msg<wire::Measurement>> read_measurement(std::span<const std::string> command,
                                                       wire::RunResult::Reader result) {
  auto because = [&](ec code, const std::string& why) { return fail(code, describe_run(command, result) + why); };
  if (result.getTimedOut())
    return because(ec::timed_out, "");
  if (result.getSignal() != 0 || result.getExitStatus() != 0)
    return because(ec::process_failed, "");
  if (result.getStdoutTruncated())
    return because(ec::too_large, "; it prints more than a measurement may hold");
  auto output = trim(view(result.getStdout()));
  if (output.empty())
    return because(ec::malformed, "; it prints nothing instead of a measurement");
  auto measurement = read_output(output);
  if (!measurement)
    return because(code_of(measurement.error()), "; it prints no measurement: " + hive::text_of(measurement.error()));
  if ((*measurement)->getMetrics().size() == 0 && (*measurement)->getSkipped().size() == 0)
    return because(ec::no_data, "; it prints neither a metric nor a reason to skip");
  return measurement;
}

run_plan plan_of_command(const msg<wire::CommandSpec>& spec) {
  run_plan out;
  out.name = text_of(spec->getName());
  for (auto part : spec->getCommand())
    out.command.push_back(text_of(part));
  out.workdir = text_of(spec->getWorkdir());
  for (auto variable : spec->getEnvironment())
    out.environment.emplace_back(text_of(variable.getName()), text_of(variable.getValue()));
  out.timeout = process_timeout(spec->getTimeoutS());
  out.output_cap = static_cast<uint32_t>(max_bytes_of(capnp::Schema::from<wire::Measurement>()));
  out.read = [command = out.command](wire::RunResult::Reader result) { return read_measurement(command, result); };
  return out;
}

adapter_actor spawn_command_adapter(caf::actor_system& system, run_adapter_services services,
                                    msg<wire::CommandSpec> spec) {
  return spawn_run_adapter(system, std::move(services), plan_of_command(spec));
}

} // namespace hive
