#pragma once

#include <chrono>
#include <thread>

namespace hive {

/// Long enough for anything on the busiest machine under sanitizers; a test that waits this long has failed.
inline constexpr std::chrono::seconds patience{120};

/// Waits until `condition` holds; false when it does not within `patience`.
template <class Condition>
bool wait_until(Condition&& condition) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

} // namespace hive
