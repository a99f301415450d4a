#include "gpu/heavy/result.hpp"

#include "messages/text.hpp"

namespace hive::heavy {
namespace {

/// The limit of wire::Measurement.skipped and .note.
constexpr size_t max_text_bytes = 4096;

std::string bounded(const std::string& text) {
  return std::string{cut_text(text, max_text_bytes)};
}

} // namespace

msg<wire::Measurement> to_measurement(const result& found) {
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) {
    if (!found.skipped.empty())
      out.setSkipped(bounded(found.skipped));
    if (!found.note.empty())
      out.setNote(bounded(found.note));
    auto metrics = out.initMetrics(static_cast<uint32_t>(found.figures.size()));
    for (uint32_t i = 0; i < metrics.size(); ++i) {
      const auto& figure = found.figures[i];
      metrics[i].setName(figure.name);
      metrics[i].setValue(figure.value);
      metrics[i].setDirection(figure.direction == better::higher ? wire::Direction::HIGHER : wire::Direction::LOWER);
      metrics[i].setUnit(figure.unit);
      metrics[i].setGate(figure.gate);
      if (!found.scope.empty())
        metrics[i].setScope(found.scope);
    }
  });
}

} // namespace hive::heavy
