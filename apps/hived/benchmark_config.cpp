// The sections [benchmarks.*] of a node's configuration.

#include "apps/hived/config_values.hpp"

#include <algorithm>

namespace hive {
namespace {

void read_probe(toml_section& in, probe_options& out) {
  in.read("name", out.name);
  in.read("base_url", out.base_url);
  in.read("model", out.model);
  in.read("api_key_env", out.api_key_env);
  read_path(in, "questions", out.questions);
  uint64_t requests = out.requests;
  in.read("requests", requests, 0, defaults::max_samples);
  out.requests = static_cast<uint32_t>(requests);
  uint64_t max_tokens = out.max_tokens;
  in.read("max_tokens", max_tokens, 1, 65'536);
  out.max_tokens = static_cast<uint32_t>(max_tokens);
  read_timeout(in, "request_timeout_s", out.request_timeout);
  in.check(out.validate());
}

void read_model_registry(toml_section& in, model_registry_options& out) {
  read_path(in, "file", out.file);
  in.read("url", out.url);
  read_timeout(in, "timeout_s", out.timeout);
  in.sections("probe", [&](toml_section& entry) { read_probe(entry, out.probes.emplace_back()); });
  auto others = out;
  // read_probe reports these errors
  std::erase_if(others.probes, [](const probe_options& probe) { return bool(probe.validate()); });
  in.check(others.validate());
}

void read_world_model(toml_section& in, world_model_options& out) {
  read_path(in, "file", out.file);
  in.read("url", out.url);
  read_timeout(in, "timeout_s", out.timeout);
  in.check(out.validate());
}

void read_regression(toml_section& in, regression_options& out) {
  in.read("command", out.command);
  in.read("workdir", out.workdir);
  in.read("environment", out.environment);
  in.read("results_file", out.results_file);
  read_timeout(in, "timeout_s", out.timeout);
  read_test_format(in, "format", out.format);
  in.check(out.validate());
}

void read_guardrail(toml_section& in, guardrail_options& out) {
  read_path(in, "manifest", out.manifest);
  read_path(in, "public_key", out.public_key);
  read_timeout(in, "timeout_s", out.timeout);
  in.check(out.validate());
}

void read_agent_baselines(toml_section& in, agent_baselines_options& out) {
  in.read("max_agents", out.max_agents, 0, 3'000); // three metrics each, and a measurement holds 10,000
  in.read("reward_delta_floor", out.reward_delta_floor, -1e9, 0);
  in.read("success_rate_delta_floor", out.success_rate_delta_floor, -1, 0);
  in.read("duration_improvement_pct_floor", out.duration_improvement_pct_floor, -1e6, 0);
  read_timeout(in, "timeout_s", out.timeout);
}

void read_heavy(toml_section& in, heavy_options& out) {
  read_timeout(in, "timeout_s", out.timeout);
  read_timeout(in, "wait_s", out.wait);
  read_path(in, "python", out.python);
  in.read("own", out.own);
}

void read_quantiphy(toml_section& in, quantiphy_options& out) {
  uint64_t problems = out.problems;
  in.read("url", out.url);
  in.read("model", out.model);
  in.read("problems", problems, 1, 10'000);
  in.read("seed", out.seed, 1, UINT32_MAX);
  read_path(in, "api_key_file", out.api_key_file);
  read_heavy(in, out);
  out.problems = static_cast<uint32_t>(problems);
}

void read_embodied(toml_section& in, embodied_options& out) {
  in.read("seed", out.seed, 1, UINT32_MAX);
  read_heavy(in, out);
}

void read_qwen_encoder(toml_section& in, qwen_encoder_options& out) {
  uint64_t tokens = out.tokens;
  uint64_t batch = out.batch;
  in.read("llama_url", out.llama_url);
  in.read("tokens", tokens, 0, 32'768);
  in.read("batch", batch, 0, 1'024);
  read_heavy(in, out);
  out.tokens = static_cast<uint32_t>(tokens);
  out.batch = static_cast<uint32_t>(batch);
}

} // namespace

void read_benchmarks(toml_section& in, node_config& config) {
  uint64_t repeats = config.repeats;
  in.read("repeats", repeats, 1, 1'000);
  config.repeats = static_cast<uint32_t>(repeats);
  in.section("model_registry", [&](toml_section& s) { read_model_registry(s, config.model_registry); });
  in.section("world_model", [&](toml_section& s) { read_world_model(s, config.world_model); });
  in.section("regression", [&](toml_section& s) { read_regression(s, config.regression); });
  in.section("guardrail", [&](toml_section& s) { read_guardrail(s, config.guardrail); });
  in.section("quantiphy", [&](toml_section& s) { read_quantiphy(s, config.quantiphy); });
  in.section("embodied_validation", [&](toml_section& s) { read_embodied(s, config.embodied); });
  in.section("qwen_encoder", [&](toml_section& s) { read_qwen_encoder(s, config.qwen_encoder); });
  in.section("agent_baselines", [&](toml_section& s) { read_agent_baselines(s, config.agent_baselines); });
}

} // namespace hive
