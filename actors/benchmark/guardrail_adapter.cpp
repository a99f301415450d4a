#include "actors/benchmark/guardrail_adapter.hpp"

#include "actors/benchmark/blocking_adapter.hpp"
#include "actors/benchmark/guardrail/guardrail_manifest.hpp"
#include "actors/benchmark/metric_list.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

constexpr const char* guardrail_name = "guardrail";

std::string note_of(const guardrail::verification& result) {
  std::string out;
  for (size_t i = 0; i < std::min(result.findings.size(), defaults::max_noted_findings); ++i)
    out += (i ? "; " : "") + result.findings[i].subject + " " + result.findings[i].what;
  if (result.findings.size() > defaults::max_noted_findings)
    out += "; and " + std::to_string(result.findings.size() - defaults::max_noted_findings) + " more";
  return out;
}

void log(const guardrail_options& options, const guardrail::verification& result) {
  for (size_t i = 0; i < std::min(result.findings.size(), defaults::max_logged_findings); ++i)
    log::warn("Guardrail found that {} {}. manifest={}", result.findings[i].subject, result.findings[i].what,
              options.manifest.string());
  if (result.findings.size() > defaults::max_logged_findings)
    log::warn("Guardrail found more violations. total={} manifest={}", result.findings.size(),
              options.manifest.string());
}

caf::expected<msg<wire::Measurement>> measure(const guardrail_options& options, const work_limit& limit) {
  if (auto error = options.validate())
    return error;
  if (auto why = options.unavailable_reason(); !why.empty())
    return skipped(why);
  auto trusted = guardrail::read_public_key(options.public_key);
  if (!trusted)
    return trusted.error();
  auto result = guardrail::verify(options.manifest, *trusted, limit);
  if (!result)
    return result.error();
  log(options, *result);
  metric_list metrics{guardrail_name};
  metrics.add({.name = "guardrail_integrity", .unit = "bool", .samples = {result->ok() ? 1.0 : 0.0}});
  return metrics.finish(note_of(*result));
}

} // namespace

std::string guardrail_options::unavailable_reason() const {
  return manifest.empty() ? "no guardrail manifest is configured" : "";
}

caf::error guardrail_options::validate() const {
  if (manifest.empty() == public_key.empty())
    return caf::none;
  return fail(ec::invalid, manifest.empty() ? "public_key is given without a manifest"
                                            : "manifest is given without public_key, the key to trust");
}

adapter_actor spawn_guardrail_adapter(caf::actor_system& system, guardrail_options options) {
  auto timeout = options.timeout;
  auto run = [options = std::move(options)](const msg<wire::MeasureRequest>&, const work_limit& limit) {
    return measure(options, limit);
  };
  return spawn_blocking_adapter(system, {guardrail_name, timeout, std::move(run)});
}

} // namespace hive
