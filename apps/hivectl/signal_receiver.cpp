#include "apps/hivectl/signal_receiver.hpp"

#include <array>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

namespace hive::ctl {
namespace {

sigset_t received_signals() {
  sigset_t out;
  sigemptyset(&out);
  for (int each : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2})
    sigaddset(&out, each);
  return out;
}

bool asks_to_end(int signal) {
  return signal != SIGUSR1 && signal != SIGUSR2;
}

} // namespace

signal_receiver::signal_receiver() {
  auto received = received_signals();
  ::pthread_sigmask(SIG_BLOCK, &received, &original_);
  signals_ = unique_fd{::signalfd(-1, &received, SFD_CLOEXEC | SFD_NONBLOCK)};
  closing_ = unique_fd{::eventfd(0, EFD_CLOEXEC)};
  thread_ = std::thread{[this] { run(); }};
}

signal_receiver::~signal_receiver() {
  ::eventfd_write(closing_.get(), 1);
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &original_, nullptr);
}

int signal_receiver::first_end() const {
  std::lock_guard lock{mutex_};
  return first_end_;
}

void signal_receiver::forward_to(std::function<void(int)> receiver) {
  std::lock_guard lock{mutex_};
  receiver_ = std::move(receiver);
  if (receiver_ && first_end_ != 0)
    receiver_(first_end_);
}

void signal_receiver::run() {
  for (;;) {
    std::array<pollfd, 2> waiting{pollfd{signals_.get(), POLLIN, 0}, pollfd{closing_.get(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
      return;
    if (waiting[1].revents != 0)
      return;
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info)
      receive(static_cast<int>(info.ssi_signo));
  }
}

void signal_receiver::receive(int signal) {
  std::lock_guard lock{mutex_};
  if (receiver_)
    receiver_(signal);
  if (!asks_to_end(signal))
    return;
  if (first_end_ == 0)
    first_end_ = signal;
  ending_.request_stop();
}

} // namespace hive::ctl
