// The section [upgrade] of a node's configuration.

#include "apps/hived/config_values.hpp"

namespace hive {
namespace {

constexpr double least_margin = 0.001;
constexpr double most_margin = 0.99;
constexpr uint64_t most_traffic = 1'000'000;

void read_command(toml_section& in, std::string_view key, hook_runner_options& out) {
  std::vector<std::string> command;
  in.read(key, command);
  if (!command.empty())
    out.commands[std::string{key}] = std::move(command);
}

void read_hooks(toml_section& in, node_config& config) {
  auto& out = config.hooks;
  read_command(in, "deploy", out);
  read_command(in, "rollback", out);
  read_command(in, "on_approve", out);
  read_command(in, "on_reject", out);
  read_command(in, "on_rollback", out);
  read_timeout(in, "timeout_s", out.timeout);
  in.read("workdir", out.workdir);
  read_choice(in, "on_unknown", "held", "rerun", config.hooks_rerun_unknown);
  in.check(out.validate());
}

void read_margin(toml_section& in, std::string_view key, analysis::rate_rule& out) {
  in.read(key, out.margin, least_margin, most_margin);
}

void read_traffic(toml_section& in, std::string_view key, analysis::rate_rule& out) {
  uint64_t least = out.least_traffic;
  in.read(key, least, 1, most_traffic);
  out.least_traffic = static_cast<uint32_t>(least);
}

void read_health(toml_section& in, node_config& config) {
  auto& out = config.stage_health;
  out.error_rate.is_on = out.world_model.is_on = out.benchmarks = false;
  out.guardrail = !config.guardrail.manifest.empty();
  uint64_t grace_s = out.responding_grace_s;
  in.read("success_rate", out.success_rate.is_on);
  read_margin(in, "success_rate_margin", out.success_rate);
  read_traffic(in, "success_rate_traffic", out.success_rate);
  in.read("error_rate", out.error_rate.is_on);
  read_margin(in, "error_rate_margin", out.error_rate);
  read_traffic(in, "error_rate_traffic", out.error_rate);
  in.read("world_model", out.world_model.is_on);
  read_margin(in, "world_model_margin", out.world_model);
  read_traffic(in, "world_model_traffic", out.world_model);
  in.read("guardrail", out.guardrail);
  in.read("responding", out.responding);
  in.read("responding_grace_s", grace_s, 2, 86'400);
  out.responding_grace_s = static_cast<uint32_t>(grace_s);
  in.read("benchmarks", out.benchmarks);
  bool is_any = out.success_rate.is_on || out.error_rate.is_on || out.world_model.is_on || out.guardrail ||
                out.responding || out.benchmarks;
  if (is_any)
    return;
  in.finish(); // reports unknown keys first: a misspelt key may have left a criterion off
  in.refuse("responding", "cannot be off when every other criterion is: nothing would be judged");
}

} // namespace

void read_upgrade(toml_section& in, node_config& config) {
  in.read("container_command", config.versions.container_command);
  read_gate(in, config.gate);
  in.section("hooks", [&](toml_section& s) { read_hooks(s, config); });
  in.section("health", [&](toml_section& s) { read_health(s, config); });
}

} // namespace hive
