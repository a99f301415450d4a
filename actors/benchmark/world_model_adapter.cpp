#include "actors/benchmark/world_model_adapter.hpp"

#include "actors/benchmark/blocking_adapter.hpp"
#include "actors/benchmark/figures_source.hpp"
#include "actors/benchmark/metric_list.hpp"
#include "messages/json.hpp"
#include "storage/input_store.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

constexpr const char* world_model_name = "world_model";

constexpr const char* no_counters = "no counters were pushed, and no file or URL with them is configured";

double ratio(uint64_t part, uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<uint64_t>(1, whole));
}

/// Identifies one run of the counting process.
std::string scope_of(wire::WorldModelInput::Reader input) {
  auto process = input.getStats().getProcess();
  return process.size() > 0 ? process.cStr() : "restart-" + std::to_string(input.getRestarts());
}

msg<wire::Measurement> to_measurement(wire::WorldModelInput::Reader input) {
  auto stats = input.getStats();
  auto queries = static_cast<double>(stats.getHivemindQueries());
  metric_list metrics{world_model_name};
  metrics.add({.name = "flush_rate", .unit = "ratio", .samples = {ratio(stats.getFlushed(), stats.getRecorded())}});
  metrics.add(
    {.name = "correction_density", .unit = "ratio", .samples = {ratio(stats.getCorrections(), stats.getRecorded())}});
  metrics.add({.name = "hivemind_queries", .unit = "count", .samples = {queries}, .scope = scope_of(input)});
  return metrics.finish();
}

class measuring {
public:
  measuring(caf::actor_system& system, world_model_services services, world_model_options options)
      : system_{system}, services_{std::move(services)}, options_{std::move(options)} {
  }

  caf::expected<msg<wire::Measurement>> operator()(const msg<wire::MeasureRequest>&, const work_limit& limit) const {
    if (auto error = options_.validate())
      return error;
    bool has_source = !options_.file.empty() || !options_.url.empty();
    if (has_source)
      if (auto error = record_source(limit))
        return error;
    auto input = input_store{*services_.db}.world_model();
    if (!input)
      return input.error();
    if (!*input)
      return skipped(no_counters);
    return to_measurement(***input);
  }

private:
  caf::error record_source(const work_limit& limit) const {
    auto text = read_document(options_.file, options_.url, limit);
    if (!text)
      return text.error();
    auto stats = from_json<wire::WorldModelStats>(*text);
    if (!stats)
      return fail(code_of(stats.error()),
                  (options_.file.empty() ? options_.url : options_.file.string()) + ": " + text_of(stats.error()));
    caf::error out;
    caf::scoped_actor self{system_};
    self->request(services_.inputs, limit.at_most(defaults::counters_timeout), *stats)
      .receive([](const msg<wire::Recorded>&) {}, [&](caf::error& error) { out = std::move(error); });
    return out ? fail(code_of(out), "the counters could not be kept: " + text_of(out)) : out;
  }

  caf::actor_system& system_;
  world_model_services services_;
  world_model_options options_;
};

} // namespace

std::string world_model_options::unavailable_reason(const database& db) const {
  if (!file.empty() || !url.empty())
    return {};
  auto pushed = input_store{db}.world_model();
  return pushed && !*pushed ? no_counters : ""; // an unreadable store is reported by the measurement itself
}

caf::error world_model_options::validate() const {
  if (!file.empty() && !url.empty())
    return fail(ec::invalid, "file and url are both given; the counters have one source");
  return url.empty() ? caf::none : check_url("url", url);
}

adapter_actor spawn_world_model_adapter(caf::actor_system& system, world_model_services services,
                                        world_model_options options) {
  auto timeout = options.timeout;
  measuring run{system, std::move(services), std::move(options)};
  return spawn_blocking_adapter(system, {world_model_name, timeout, std::move(run)});
}

} // namespace hive
