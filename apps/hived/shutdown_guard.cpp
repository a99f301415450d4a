#include "apps/hived/shutdown_guard.hpp"

#include "platform/log.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>

namespace hive {
namespace {

using namespace std::chrono_literals;

/// More than the sum of all services' own limits.
constexpr auto longest_stop = 30s;
/// Maximum wait for a disk that does not confirm a write.
constexpr auto longest_write = 10s;
constexpr auto look_interval = 100ms;

[[noreturn]] void give_up(const write_progress& writes) {
  if (auto age = writes.age(); age > 0ms)
    log::critical("hived ends without an ordered stop: the disk has not confirmed {} writes for {} s; their senders "
                  "got no answer",
                  writes.sets(), age / 1s);
  else
    log::critical("hived ends without an ordered stop: it took longer than {} s; all writes are on disk",
                  longest_stop / 1s);
  log::flush();
  std::_Exit(EXIT_FAILURE);
}

} // namespace

void shutdown_guard::begin(std::shared_ptr<const write_progress> writes) {
  try {
    watch(std::move(writes));
  } catch (const std::system_error& e) { // without a guard, the stop might never end
    log::critical("hived ends without an ordered stop: {}; acknowledged writes are on disk", e.what());
    log::flush();
    std::_Exit(EXIT_FAILURE);
  }
}

void shutdown_guard::watch(std::shared_ptr<const write_progress> writes) {
  watch_ = std::jthread{[writes = std::move(writes)](const std::stop_token& stopped) {
    std::mutex mutex;
    std::condition_variable_any wake;
    auto began = std::chrono::steady_clock::now();
    for (std::unique_lock lock{mutex}; !wake.wait_for(lock, stopped, look_interval, [] { return false; });) {
      if (stopped.stop_requested())
        return;
      auto taken = std::chrono::steady_clock::now() - began;
      if (taken > longest_stop || (taken > longest_write && writes->age() > longest_write))
        give_up(*writes);
    }
  }};
}

} // namespace hive
