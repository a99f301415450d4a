#pragma once

#include "actors/http/metered_socket.hpp"

#include <atomic>
#include <restinio/all.hpp>
#include <spdlog/spdlog.h>

// How this server uses RESTinio: what it logs, and how many connections it takes.

namespace hive::http {

/// Connections end by accident all the time, and a failed start is the caller's to report; the rest of what concerns
/// the listening socket is worth an operator's look.
struct restinio_logger {
  template <class Message>
  void trace(Message&&) noexcept {
  }
  template <class Message>
  void info(Message&&) noexcept {
  }
  template <class Message>
  void warn(Message&& message) {
    spdlog::debug("RESTinio warns: {}", message());
  }
  template <class Message>
  void error(Message&& message) {
    auto text = message();
    if (text.starts_with("[connection") || text.starts_with("failed to start"))
      spdlog::debug("RESTinio met an error: {}", text);
    else
      spdlog::warn("The HTTP server met an error: {}", text);
  }
};

/// Counts open connections and turns away those above the limit. RESTinio's own limiter is not used: it must outlive
/// all connections, which nobody can promise it.
class connection_gate {
public:
  explicit connection_gate(size_t limit) : limit_{limit} {
  }

  restinio::ip_blocker::inspection_result_t inspect(const restinio::ip_blocker::incoming_info_t&) noexcept {
    return open_ < limit_ ? restinio::ip_blocker::allow() : restinio::ip_blocker::deny();
  }

  void state_changed(const restinio::connection_state::notice_t& notice) noexcept {
    if (restinio::holds_alternative<restinio::connection_state::accepted_t>(notice.cause()))
      ++open_;
    else if (restinio::holds_alternative<restinio::connection_state::closed_t>(notice.cause()))
      --open_;
  }

private:
  std::atomic<size_t> open_ = 0;
  const size_t limit_;
};

struct restinio_traits : restinio::traits_t<restinio::asio_timer_manager_t, restinio_logger> {
  using ip_blocker_t = connection_gate;
  using connection_state_listener_t = connection_gate;
  using stream_socket_t = metered_socket;
};

} // namespace hive::http
