#include "actors/benchmark/heavy_adapters.hpp"

#include "actors/benchmark/command_adapter.hpp"

#include <system_error>

namespace hive {
namespace {

using words = std::vector<std::string>;

/// As in the table of the document, in GB.
constexpr double quantiphy_vram_gb = 4;
constexpr double embodied_vram_gb = 2;
constexpr double qwen_vram_gb = 2;

void add(words& to, const char* option, const std::string& value) {
  if (!value.empty()) {
    to.emplace_back(option);
    to.push_back(value);
  }
}

std::string number(uint64_t value) {
  return value == 0 ? std::string{} : std::to_string(value);
}

void add_common(words& to, const heavy_options& options) {
  add(to, "--python", options.python.string());
  if (options.own)
    to.emplace_back("--own");
}

/// hive-gpu-report is built where nvcc is.
std::filesystem::path find_report(const std::filesystem::path& programs) {
  std::error_code error;
  auto program = programs / "hive-gpu-report";
  return std::filesystem::exists(program, error) ? program : std::filesystem::path{};
}

struct heavy_benchmark {
  std::string name;
  double vram_gb;
  words command;
  const heavy_options& options;
  bool has_reference;  ///< `--reference` computes a tiny case on the CPU
  std::string missing; ///< what the configuration lacks; empty: nothing
};

adapter_definition definition_of(caf::actor_system& system, const leased_adapter_services& services,
                                 const std::filesystem::path& programs, const heavy_benchmark& what) {
  leased_plan plan;
  plan.vram_gb = what.vram_gb;
  plan.timeout = what.options.timeout;
  plan.wait = what.options.wait;
  plan.runs_simulated = true;
  if (!what.missing.empty())
    plan.unavailable_reason = [missing = what.missing] { return missing; };
  plan.report_program = find_report(programs);
  plan.plan = [name = what.name, command = what.command, has_reference = what.has_reference](const lease_grant& grant) {
    run_plan out;
    out.name = name;
    out.command = command;
    if (grant.simulated && has_reference)
      out.command.emplace_back("--reference");
    out.environment = grant.environment;
    out.read = [ran = out.command](wire::RunResult::Reader result) { return read_measurement(ran, result); };
    return out;
  };
  adapter_definition about;
  about.name = what.name;
  about.tier = wire::Tier::HEAVY;
  about.runs_versions = true; // told by its environment
  return leased_definition(system, services, std::move(about), std::move(plan));
}

} // namespace

adapter_definition leased_definition(caf::actor_system& system, const leased_adapter_services& services,
                                     adapter_definition about, leased_plan plan) {
  plan.name = about.name;
  about.unavailable_reason = plan.unavailable_reason;
  about.is_leased = true;
  about.requires_gpu = true;
  about.min_vram_gb = plan.vram_gb;
  about.timeout = plan.timeout;
  about.wait = plan.wait + 2 * std::chrono::milliseconds{defaults::gpu_report_timeout};
  about.spawn = [&system, services, plan = std::move(plan)] { return spawn_leased_adapter(system, services, plan); };
  return about;
}

std::vector<adapter_definition> heavy_adapters(caf::actor_system& system, const leased_adapter_services& services,
                                               const std::filesystem::path& programs,
                                               const quantiphy_options& quantiphy, const embodied_options& embodied,
                                               const qwen_encoder_options& qwen) {
  words asks{programs / "hive-quantiphy"};
  add(asks, "--endpoint", quantiphy.url);
  add(asks, "--model", quantiphy.model);
  add(asks, "--problems", number(quantiphy.problems));
  add(asks, "--seed", number(quantiphy.seed));
  add(asks, "--api-key-file", quantiphy.api_key_file.string());
  add_common(asks, quantiphy);
  words learns{programs / "hive-embodied"};
  add(learns, "--seed", number(embodied.seed));
  add_common(learns, embodied);
  words encodes{programs / "hive-qwen-encoder"};
  add(encodes, "--llama-url", qwen.llama_url);
  add(encodes, "--tokens", number(qwen.tokens));
  add(encodes, "--batch", number(qwen.batch));
  add_common(encodes, qwen);
  auto no_endpoint =
    quantiphy.url.empty() ? std::string{"no endpoint is configured ([benchmarks.quantiphy] url)"} : std::string{};
  return {
    definition_of(system, services, programs, {"quantiphy", quantiphy_vram_gb, asks, quantiphy, false, no_endpoint}),
    definition_of(system, services, programs, {"embodied_validation", embodied_vram_gb, learns, embodied, true, {}}),
    definition_of(system, services, programs, {"qwen_encoder", qwen_vram_gb, encodes, qwen, true, {}})};
}

} // namespace hive
