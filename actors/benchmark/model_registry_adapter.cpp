#include "actors/benchmark/model_registry_adapter.hpp"

#include "actors/benchmark/blocking_adapter.hpp"
#include "actors/benchmark/figures_source.hpp"
#include "actors/benchmark/metric_list.hpp"
#include "actors/benchmark/model_id.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "storage/input_store.hpp"

#include <caf/all.hpp>
#include <cmath>
#include <set>

namespace hive {
namespace {

constexpr const char* model_registry_name = "model_registry";

/// Maximum number of probes on a node: the samples of all must fit into one snapshot.
constexpr size_t max_probes = 16;

constexpr const char* no_figures =
  "no observations were pushed, and no file, URL or endpoint with figures is configured";

struct model_samples {
  std::vector<double> latencies_ms;
  std::vector<double> accuracies;
};

/// Gathers figures from the least to the most direct source; later sources replace earlier figures.
class figure_table {
public:
  void put(const std::string& model, model_samples samples) {
    auto& entry = models_[model];
    if (!samples.latencies_ms.empty())
      entry.latencies_ms = std::move(samples.latencies_ms);
    if (!samples.accuracies.empty())
      entry.accuracies = std::move(samples.accuracies);
  }

  metric_list metrics() const {
    metric_list out{model_registry_name};
    for (const auto& [model, samples] : models_) {
      if (!samples.latencies_ms.empty())
        out.add({model + "_latency_ms", "ms", wire::Direction::LOWER, samples.latencies_ms});
      if (!samples.accuracies.empty())
        out.add({model + "_accuracy", "score", wire::Direction::HIGHER, samples.accuracies});
    }
    return out;
  }

private:
  std::map<std::string, model_samples> models_;
};

void add_if_given(std::vector<double>& samples, double value) {
  if (!std::isnan(value))
    samples.push_back(value);
}

/// Prefixes the error's text with its source.
caf::error from_source(const std::string& source, const caf::error& error) {
  return fail(code_of(error), source + ": " + text_of(error));
}

caf::error add_document(const std::filesystem::path& file, const std::string& url, const work_limit& limit,
                        figure_table& out) {
  if (file.empty() && url.empty())
    return caf::none;
  auto text = read_document(file, url, limit);
  if (!text)
    return text.error();
  auto document = from_json<wire::ModelFile>(*text);
  if (!document)
    return from_source(file.empty() ? url : file.string(), document.error());
  for (auto model : (*document)->getModels()) {
    std::string_view id{model.getId().begin(), model.getId().size()};
    if (!is_valid_model_id(id))
      return from_source(file.empty() ? url : file.string(),
                         fail(ec::invalid, "the model \"" + printable(id) + "\" " + std::string{model_id_rule}));
    model_samples samples;
    add_if_given(samples.latencies_ms, model.getLatencyMs());
    add_if_given(samples.accuracies, model.getAccuracy());
    out.put(model.getId(), std::move(samples));
  }
  return caf::none;
}

caf::error add_pushed(const database& db, figure_table& out) {
  auto models = input_store{db}.models();
  if (!models)
    return from_source("pushed observations", models.error());
  for (const auto& [id, input] : *models) {
    model_samples samples;
    for (auto observation : input->getObservations()) {
      add_if_given(samples.latencies_ms, observation.getLatencyMs());
      add_if_given(samples.accuracies, observation.getAccuracy());
    }
    out.put(id, std::move(samples));
  }
  return caf::none;
}

caf::error add_probes(const model_registry_options& options, uint32_t repeats, const work_limit& limit,
                      figure_table& out, std::string& note) {
  for (const auto& probe : options.probes) {
    auto result = run_probe(probe, repeats, limit);
    if (!result)
      return from_source("probe " + probe.id(), result.error());
    if (auto cut = describe_cut_answers(probe, *result); !cut.empty())
      note += (note.empty() ? "" : "; ") + cut;
    out.put(probe.id(), {std::move(result->latencies_ms), std::move(result->matches)});
  }
  return caf::none;
}

caf::expected<msg<wire::Measurement>> measure(const database& db, const model_registry_options& options,
                                              uint32_t repeats, const work_limit& limit) {
  if (auto error = options.validate())
    return error;
  figure_table figures;
  if (auto error = add_document({}, options.url, limit, figures))
    return error;
  if (auto error = add_document(options.file, {}, limit, figures))
    return error;
  if (auto error = add_pushed(db, figures))
    return error;
  std::string note;
  if (auto error = add_probes(options, repeats, limit, figures, note))
    return error;
  auto metrics = figures.metrics();
  if (metrics.empty())
    return skipped(no_figures);
  return metrics.finish(note);
}

} // namespace

std::string model_registry_options::unavailable_reason(const database& db) const {
  if (!file.empty() || !url.empty() || !probes.empty())
    return {};
  auto pushed = input_store{db}.has_models();
  return pushed && !*pushed ? no_figures : ""; // an unreadable store is reported by the measurement itself
}

caf::error model_registry_options::validate() const {
  if (!url.empty())
    if (auto error = check_url("url", url))
      return error;
  if (probes.size() > max_probes)
    return fail(ec::invalid, "probe is given more than " + std::to_string(max_probes) + " times");
  std::set<std::string> ids;
  for (const auto& probe : probes) {
    if (auto error = probe.validate())
      return fail(ec::invalid, "probe " + probe.id() + ": " + text_of(error));
    if (!ids.insert(probe.id()).second)
      return fail(ec::invalid, "probe " + probe.id() + ": the name is used twice");
  }
  return caf::none;
}

adapter_actor spawn_model_registry_adapter(caf::actor_system& system, model_registry_services services,
                                           model_registry_options options) {
  auto timeout = options.timeout;
  auto run = [db = std::move(services.db), options = std::move(options)](const msg<wire::MeasureRequest>& request,
                                                                         const work_limit& limit) {
    return measure(*db, options, std::max<uint32_t>(request->getRepeats(), 1), limit);
  };
  return spawn_blocking_adapter(system, {model_registry_name, timeout, std::move(run)});
}

} // namespace hive
