#pragma once

#include "storage/write_progress.hpp"

#include <memory>
#include <thread>

namespace hive {

/// Bounds an ordered stop: a disk that never confirms a write would hold it up for ever. When the time is over, the
/// process ends with a line that says what was not confirmed, and status 1. What was acknowledged is on disk.
class shutdown_guard {
public:
  /// A stop begins. To be called at most once, from any thread.
  void begin(std::shared_ptr<const write_progress> writes);

private:
  std::jthread watch_;
};

} // namespace hive
