#include "actors/benchmark/metric_list.hpp"

#include "messages/text.hpp"

#include <numeric>

namespace hive {
namespace {

/// The limit of wire::Measurement's note.
constexpr size_t max_note_bytes = 4096;

double mean_of(const std::vector<double>& samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

} // namespace

msg<wire::Measurement> metric_list::finish(std::string_view note) const {
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
    auto list = out.initMetrics(static_cast<uint32_t>(metrics_.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      const auto& from = metrics_[i];
      auto to = list[i];
      to.setName(from.name);
      to.setAdapter(adapter_);
      to.setValue(mean_of(from.samples));
      to.setDirection(from.direction);
      to.setUnit(from.unit);
      to.setSamples(kj::arrayPtr(from.samples.data(), from.samples.size()));
      if (!from.scope.empty())
        to.setScope(from.scope);
      to.setFloor(from.floor);
    }
    if (!note.empty())
      out.setNote(std::string{cut_text(note, max_note_bytes)});
  });
}

msg<wire::Measurement> skipped(std::string_view reason) {
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) { out.setSkipped(std::string{reason}); });
}

} // namespace hive
