#include "actors/upgrade/hooks/hook_input.hpp"

#include "actors/process/run_report.hpp"
#include "actors/upgrade/hooks/hook_options.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <csignal>

namespace hive {
namespace {

constexpr size_t max_text_bytes = 4'096; // of a text in a message
constexpr size_t max_canaries = 64;
constexpr size_t shown_lines = 10;

std::string as_utf8(const std::string& text) {
  return std::string{cut_text(is_utf8(text) ? text : printable(text), max_text_bytes)};
}

std::string_view view_of(capnp::Data::Reader data) {
  auto chars = data.asChars();
  return {chars.begin(), chars.size()};
}

/// The last lines that are not blank.
std::string_view last_of(std::string_view text) {
  auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos)
    return {};
  text = text.substr(0, end + 1);
  auto begin = text.size();
  for (size_t i = 0; i < shown_lines && begin > 0 && begin != std::string_view::npos; ++i)
    begin = text.rfind('\n', begin - 1);
  return begin == std::string_view::npos || begin == 0 ? text : text.substr(begin + 1);
}

int32_t status_of(wire::RunResult::Reader result) {
  if (result.getSignal() != 0)
    return hook_first_signal + result.getSignal();
  if (result.getExitStatus() == 0 && result.getTimedOut())
    return hook_first_signal + SIGTERM; // it ended well, but only when it was told to
  if (result.getExitStatus() == 0 && result.getLeftProcesses())
    return hook_left_processes;
  return result.getExitStatus();
}

std::vector<std::pair<std::string, std::string>> environment_of(const hook_order& order,
                                                                const hook_runner_options& options) {
  auto out = options.environment;
  for (const auto& [name, value] :
       {std::pair{"HIVE_TOKEN", &order.token}, std::pair{"HIVE_ACTION", &order.action},
        std::pair{"HIVE_TRACK", &order.track}, std::pair{"HIVE_FROM", &order.from}, std::pair{"HIVE_TO", &order.to},
        std::pair{"HIVE_PROPOSAL", &order.proposal}, std::pair{"HIVE_NODE", &order.node}})
    out.emplace_back(name, *value);
  return out;
}

} // namespace

msg<wire::HookInput> hook_input_of(const hook_order& order) {
  return msg<wire::HookInput>::build([&](wire::HookInput::Builder out) {
    out.setAction(as_utf8(order.action));
    out.setToken(as_utf8(order.token));
    out.setTrack(as_utf8(order.track));
    out.setProposal(as_utf8(order.proposal));
    out.setFrom(as_utf8(order.from));
    out.setTo(as_utf8(order.to));
    out.setDecision(as_utf8(order.decision));
    out.setReason(as_utf8(order.reason));
    out.setHash(as_utf8(order.hash));
    out.setNode(as_utf8(order.node));
    out.setPosition(order.position);
    out.setStage(order.stage);
    auto canaries = out.initCanaries(static_cast<uint32_t>(std::min(order.canaries.size(), max_canaries)));
    for (uint32_t i = 0; i < canaries.size(); ++i)
      canaries.set(i, as_utf8(order.canaries[i]));
  });
}

msg<wire::RunCommand> hook_process_of(const hook_order& order, std::span<const std::string> command,
                                      const hook_runner_options& options) {
  auto input = to_json(hook_input_of(order)) + "\n";
  auto variables = environment_of(order, options);
  return msg<wire::RunCommand>::build([&](wire::RunCommand::Builder out) {
    auto words = out.initCommand(static_cast<uint32_t>(command.size()));
    for (uint32_t i = 0; i < words.size(); ++i)
      words.set(i, command[i]);
    out.setWorkdir(options.workdir);
    auto environment = out.initEnvironment(static_cast<uint32_t>(variables.size()));
    for (uint32_t i = 0; i < environment.size(); ++i) {
      environment[i].setName(variables[i].first);
      environment[i].setValue(variables[i].second);
    }
    out.setTimeoutS(std::chrono::duration<double>(options.timeout).count());
    out.setOutputCapBytes(defaults::max_hook_output_bytes);
    out.setKeepEnd(true);
    out.setInput({bytes_of(input), input.size()});
  });
}

hook_outcome hook_outcome_of(std::span<const std::string> command, wire::RunResult::Reader result) {
  hook_outcome out{status_of(result), {}, result.getTimedOut()};
  if (out.exit_status != 0)
    out.output = describe_run(command, result);
  if (result.getLeftProcesses())
    out.output += (out.output.empty() ? "" : "; ") + std::string{"some of its processes could not be ended"};
  auto printed = last_of(view_of(result.getStdout()));
  if (printed.empty() && out.exit_status == 0)
    printed = last_of(view_of(result.getStderr()));
  if (!printed.empty())
    out.output +=
      (out.output.empty() ? "" : "; its output ends with: ") + printable_tail(printed, defaults::max_hook_text_bytes);
  return out;
}

} // namespace hive
