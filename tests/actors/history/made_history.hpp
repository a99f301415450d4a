#pragma once

#include "messages/snapshot.capnp.h"
#include "storage/series_store.hpp"

#include <functional>
#include <string>
#include <vector>

namespace hive {

/// A stored point of metric a.m; `change` may set more.
inline series_entry made_point(
  uint64_t id, const std::string& version, double value,
  const std::function<void(wire::SeriesPoint::Builder)>& change = [](auto) {}) {
  return {capture_id{id}, msg<wire::SeriesPoint>::build([&](wire::SeriesPoint::Builder out) {
            out.setName("a.m");
            out.setVersion(version);
            out.setValue(value);
            out.setUnit("ms");
            out.setDirection(wire::Direction::LOWER);
            out.setCapturedAt(static_cast<int64_t>(id) * 1'000'000);
            change(out);
          })};
}

/// Value number `i` of a series without a change of level: 1% of noise, the same in every run.
inline double noisy(size_t i, double level) {
  static constexpr double noise[] = {0.3, -1.2, 0.8, -0.1, 1.1, -0.7, 0.2, -0.4, 1.4, -0.9, 0.5};
  return level * (1 + 0.01 * noise[i * 7 % std::size(noise)]);
}

/// A snapshot with this value of metric a.m.
inline msg<wire::Snapshot> made_snapshot(uint64_t id, const std::string& version, double value, bool imported = false) {
  return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
    out.setVersion(version);
    out.setCaptureId(id);
    out.setCapturedAt(static_cast<int64_t>(id) * 1'000'000);
    out.setImported(imported);
    auto metric = out.initMetrics(1)[0];
    metric.setName("m");
    metric.setAdapter("a");
    metric.setValue(value);
    metric.setUnit("ms");
    metric.setDirection(wire::Direction::LOWER);
  });
}

} // namespace hive
