#include "apps/hived/shutdown_signal.hpp"

#include <csignal>
#include <pthread.h>
#include <unistd.h>

namespace hive {
namespace {

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR2); // only to wake the watcher at the end
  return set;
}

/// The shell's convention for a process that a signal ended.
constexpr int signal_exit_base = 128;

} // namespace

shutdown_signal::shutdown_signal() {
  auto set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN); // a closed connection is an error of its write, not the end of the node
}

shutdown_signal::~shutdown_signal() {
  if (!watcher_.joinable())
    return;
  pthread_kill(watcher_.native_handle(), SIGUSR2);
  watcher_.join();
}

void shutdown_signal::watch(std::function<void(int)> on_first) {
  watcher_ = std::thread{[on_first = std::move(on_first)] {
    auto set = watched_signals();
    for (bool first = true;; first = false) {
      int signal = 0;
      sigwait(&set, &signal);
      if (signal == SIGUSR2)
        return;
      if (!first)
        ::_exit(signal_exit_base + signal);
      on_first(signal);
    }
  }};
}

} // namespace hive
