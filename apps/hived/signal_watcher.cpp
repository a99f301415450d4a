#include "apps/hived/signal_watcher.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <system_error>

namespace hive {
namespace {

/// Closed connections and file size limits must fail the write, not end the node. The other signals have no meaning for
/// a node.
constexpr std::array ignored{SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2, SIGALRM};

/// The shell's convention for a process ended by a signal.
constexpr int signal_exit_base = 128;

unique_fd must(int fd) {
  if (fd < 0)
    throw std::system_error{errno, std::generic_category(), "signals cannot be watched"};
  return unique_fd{fd};
}

/// Blocks the watched signals and returns a descriptor to read them from.
unique_fd open_signals() {
  sigset_t watched;
  sigemptyset(&watched);
  for (int signal : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&watched, signal);
  pthread_sigmask(SIG_BLOCK, &watched, nullptr);
  return must(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
}

} // namespace

signal_watcher::signal_watcher() : signals_{open_signals()}, end_{must(::eventfd(0, EFD_CLOEXEC))} {
  for (int signal : ignored)
    std::signal(signal, SIG_IGN);
}

signal_watcher::~signal_watcher() {
  if (!thread_.joinable())
    return;
  ::eventfd_write(end_.get(), 1);
  thread_.join();
}

void signal_watcher::watch(reactions what) {
  thread_ = std::thread{[this, what = std::move(what)] { run(what); }};
}

void signal_watcher::run(const reactions& what) const {
  std::array<pollfd, 2> waiting{pollfd{signals_.get(), POLLIN, 0}, pollfd{end_.get(), POLLIN, 0}};
  bool stopping = false;
  auto next_look = std::chrono::steady_clock::now() + what.look_every;
  for (;;) {
    auto wait = std::chrono::ceil<std::chrono::milliseconds>(next_look - std::chrono::steady_clock::now());
    auto found =
      ::poll(waiting.data(), waiting.size(), what.look ? static_cast<int>(std::max<int64_t>(wait.count(), 0)) : -1);
    if (found < 0)
      continue; // only EINTR: the process was stopped and continued
    if (what.look && std::chrono::steady_clock::now() >= next_look) {
      what.look();
      next_look = std::chrono::steady_clock::now() + what.look_every;
    }
    if (found == 0)
      continue;
    if (waiting[1].revents)
      return;
    signalfd_siginfo next{};
    if (::read(signals_.get(), &next, sizeof next) != static_cast<ssize_t>(sizeof next))
      continue;
    auto signal = static_cast<int>(next.ssi_signo);
    if (signal == SIGHUP) {
      what.reload();
      continue;
    }
    if (stopping)
      ::_exit(signal_exit_base + signal);
    stopping = true;
    what.stop(signal);
  }
}

} // namespace hive
