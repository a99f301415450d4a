#pragma once

#include <chrono>
#include <iostream>
#include <string_view>
#include <thread>

namespace hive {

/// Long enough for anything on the busiest machine under sanitizers; a wait that takes this long has failed.
inline constexpr std::chrono::seconds patience{120};

/// Waits until `condition` holds, checking every `pause`; false when it does not within `patience`.
template <class Condition>
bool wait_until(Condition&& condition, std::chrono::milliseconds pause = std::chrono::milliseconds{2}) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

/// Like wait_until, but also prints `what` and the time that it took.
template <class Condition>
bool timed(std::string_view what, Condition&& condition,
           std::chrono::milliseconds pause = std::chrono::milliseconds{2}) {
  auto begin = std::chrono::steady_clock::now();
  bool holds = wait_until(condition, pause);
  std::cout << what << ": " << std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()
            << " s\n";
  return holds;
}

} // namespace hive
