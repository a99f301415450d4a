#include "apps/hivectl/event_wakeup.hpp"

#include "apps/hivectl/event_reader.hpp"
#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/lease_client.hpp"

#include <algorithm>
#include <utility>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;

/// Delay between connection attempts: initial and maximum.
constexpr std::chrono::milliseconds first_event_pause = defaults::event_retry;
constexpr std::chrono::milliseconds longest_event_pause = 10s;

} // namespace

event_wakeup::event_wakeup(client node, const std::string& kind, std::string text)
    : node_{std::move(node)}, path_{"/events?kind=" + kind}, text_{std::move(text)},
      thread_{[this](const std::stop_token& stop) { follow(stop); }} {
}

event_wakeup::~event_wakeup() {
  thread_.request_stop();
  thread_.join();
}

void event_wakeup::wait(std::chrono::milliseconds longest, const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, stop, longest, [this] { return has_changed_; });
  has_changed_ = false;
}

void event_wakeup::wake() {
  {
    std::lock_guard lock{mutex_};
    has_changed_ = true;
  }
  changed_.notify_all();
}

void event_wakeup::follow(const std::stop_token& stop) {
  node_request request{.path = path_, .accept = "text/event-stream", .stop = stop};
  for (auto pause = first_event_pause; !stop.stop_requested(); pause = std::min(2 * pause, longest_event_pause)) {
    event_reader reader;
    auto ended = node_.follow(request, {}, [&](std::string_view piece) {
      std::vector<std::string> complete;
      bool is_readable = reader.take(piece, complete);
      bool is_meant =
        std::ranges::any_of(complete, [&](const std::string& event) { return event.find(text_) != std::string::npos; });
      if (is_meant)
        wake();
      pause = first_event_pause;
      return is_readable;
    });
    // A node that denies its events says so each time; looking now and then must do.
    if (exit_status_of(ended) != exit_status::unreachable)
      return;
    pause_until(pause, stop);
  }
}

} // namespace hive::ctl
