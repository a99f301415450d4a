#include "actors/daemon/world_model_shift.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace hive {

std::optional<std::string> world_model_shift::update(wire::WorldModelInput::Reader now) {
  auto stats = now.getStats();
  counters current{stats.getRecorded(), stats.getFlushed(), stats.getCorrections()};
  bool restarted = now.getRestarts() != restarts_ || current.recorded < seen_.recorded ||
                   current.flushed < seen_.flushed || current.corrections < seen_.corrections;
  bool is_first = !std::exchange(has_seen_, true);
  restarts_ = now.getRestarts();
  auto last = std::exchange(seen_, current);
  if (is_first)
    return std::nullopt; // what was counted before this object belongs to no period
  if (restarted) {
    last = {};
    period_ = {};
  }
  period_.recorded += current.recorded - last.recorded;
  period_.flushed += current.flushed - last.flushed;
  period_.corrections += current.corrections - last.corrections;
  if (period_.recorded < options_.records)
    return std::nullopt;
  auto ended = std::exchange(period_, {});
  auto recorded = static_cast<double>(ended.recorded);
  rates found{static_cast<double>(ended.flushed) / recorded, static_cast<double>(ended.corrections) / recorded};
  auto before = std::exchange(before_, found);
  return before ? describe(*before, found) : std::nullopt;
}

std::optional<std::string> world_model_shift::describe(const rates& before, const rates& now) const {
  auto differs = [&](double a, double b) { return std::abs(a - b) > options_.change; };
  auto text = [](const char* what, double from, double to) {
    std::array<char, 96> out{};
    std::snprintf(out.data(), out.size(), "world model: %s %.3f → %.3f", what, from, to);
    return std::string{out.data()};
  };
  if (differs(before.flush_rate, now.flush_rate))
    return text("flush rate", before.flush_rate, now.flush_rate);
  if (differs(before.correction_density, now.correction_density))
    return text("correction density", before.correction_density, now.correction_density);
  return std::nullopt;
}

} // namespace hive
