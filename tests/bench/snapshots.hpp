#pragma once

#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <string>

namespace hive {

/// A snapshot with this many metrics, five per adapter, each with three samples. `factor` scales the values.
inline msg<wire::Snapshot> make_snapshot(const std::string& version, uint32_t metric_count, double factor = 1) {
  constexpr uint32_t metrics_per_adapter = 5;
  return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
    out.setVersion(version);
    auto environment = out.initEnvironment();
    environment.setCpuModel("a processor");
    environment.setCores(2);
    environment.setFingerprint("0123456789abcdef");
    auto metrics = out.initMetrics(metric_count);
    for (uint32_t i = 0; i < metric_count; ++i) {
      metrics[i].setName("metric_" + std::to_string(i));
      metrics[i].setAdapter("adapter_" + std::to_string(i / metrics_per_adapter));
      metrics[i].setValue(factor * (i + 1));
      metrics[i].setDirection(i % 2 ? wire::Direction::LOWER : wire::Direction::HIGHER);
      metrics[i].setUnit("ms");
      auto samples = metrics[i].initSamples(3);
      for (uint32_t s = 0; s < 3; ++s)
        samples.set(s, factor * (i + s));
    }
    auto adapters = out.initAdapters((metric_count + metrics_per_adapter - 1) / metrics_per_adapter);
    for (uint32_t i = 0; i < adapters.size(); ++i)
      adapters[i].setName("adapter_" + std::to_string(i));
  });
}

} // namespace hive
