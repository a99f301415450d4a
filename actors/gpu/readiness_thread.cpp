#include "actors/gpu/readiness_thread.hpp"

#include "messages/ec.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>

namespace hive {

caf::expected<std::unique_ptr<readiness_thread>> readiness_thread::start(std::function<void()> on_ready) {
  unique_fd wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake)
    return fail(ec::unavailable, "no descriptor is left: " + errno_text(errno));
  std::unique_ptr<readiness_thread> out{new readiness_thread{std::move(on_ready), std::move(wake)}};
  try {
    out->thread_ = std::thread{[self = out.get()] { self->run(); }};
  } catch (const std::system_error& e) {
    return fail(ec::unavailable, std::string{"no thread is left: "} + e.what());
  }
  return out;
}

readiness_thread::~readiness_thread() {
  if (!thread_.joinable())
    return;
  {
    std::lock_guard lock{mutex_};
    is_ending_ = true;
  }
  wake();
  thread_.join();
}

void readiness_thread::arm(const descriptors& sources) {
  {
    std::lock_guard lock{mutex_};
    sources_ = sources;
  }
  wake();
}

void readiness_thread::wake() const {
  // Fails only when the counter is full, in which case the thread is awake.
  eventfd_write(wake_.get(), 1);
}

void readiness_thread::run() {
  for (;;) {
    std::array<pollfd, 4> entries{};
    {
      std::lock_guard lock{mutex_};
      if (is_ending_)
        return;
      for (size_t i = 0; i < sources_.size(); ++i)
        entries[i] = {sources_[i], POLLIN, 0};
    }
    entries.back() = {wake_.get(), POLLIN, 0};
    if (::poll(entries.data(), entries.size(), -1) < 0)
      continue;
    if (entries.back().revents != 0) { // the sources may have changed: look again
      eventfd_t ignored = 0;
      eventfd_read(wake_.get(), &ignored);
      continue;
    }
    {
      std::lock_guard lock{mutex_};
      sources_.fill(-1);
    }
    on_ready_();
  }
}

} // namespace hive
