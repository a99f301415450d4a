#pragma once

#include "storage/write_progress.hpp"

#include <memory>
#include <thread>

namespace hive {

/// Bounds the duration of an orderly stop; a disk that never confirms a write would otherwise block it forever. When
/// time is up, the process ends with status 1 and a line that says what was not confirmed. Acknowledged writes are on
/// disk.
class shutdown_guard {
public:
  /// Starts the timer. Call it at most once, from any thread. Ends the process at once if no thread can be started.
  void begin(std::shared_ptr<const write_progress> writes);

private:
  void watch(std::shared_ptr<const write_progress> writes);

  std::jthread watch_;
};

} // namespace hive
