#include "gpu/heavy/stop_signals.hpp"

#include "gpu/heavy/program.hpp"

#include <csignal>
#include <ctime>
#include <unistd.h>

namespace hive::heavy {
namespace {

/// How often the watcher looks whether it must end; bounds the delay of the program's end.
constexpr long poll_ns = 50'000'000;

sigset_t watched() {
  sigset_t out;
  sigemptyset(&out);
  sigaddset(&out, SIGTERM);
  sigaddset(&out, SIGINT);
  return out;
}

void watch(const std::stop_token& end, std::stop_source stop) {
  auto signals = watched();
  timespec pause{0, poll_ns};
  while (!end.stop_requested()) {
    if (sigtimedwait(&signals, nullptr, &pause) < 0)
      continue;
    if (stop.stop_requested())
      ::_exit(exit_stopped);
    stop.request_stop();
  }
}

} // namespace

stop_signals::stop_signals() {
  auto signals = watched();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  watcher_ = std::jthread{[stop = stop_](std::stop_token end) { watch(end, stop); }};
}

void stop_signals::unblock() {
  auto signals = watched();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

} // namespace hive::heavy
