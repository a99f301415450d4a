#pragma once

#include "platform/endpoint.hpp"
#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <sys/socket.h>

namespace hive {

using deadline = std::chrono::steady_clock::time_point;

/// Connects to `to`. Fails with ec::unavailable, or with ec::timed_out when nobody accepts by `until`.
caf::expected<unique_fd> connect_socket(const endpoint& to, deadline until);

struct listening_socket {
  unique_fd fd;
  endpoint at; ///< with the port actually bound
};

/// Listens on an IP address or localhost; port 0 picks a free port. Fails with ec::invalid for other names, and with
/// ec::unavailable when the address is in use or not local; the texts name the address.
caf::expected<listening_socket> listen_socket(const endpoint& at);

/// Waits for a connection; the accepted socket has the same options as one from connect_socket. Fails with
/// ec::unavailable when the listening socket was shut down or the process is out of descriptors.
caf::expected<unique_fd> accept_socket(const unique_fd& listening);

/// Disables Nagle's algorithm: messages between actors are small, and most have a receiver waiting for them.
void send_at_once(int fd);

/// Formats a socket address as ADDRESS:PORT; empty for other address families.
std::string text_of_address(const sockaddr_storage& address, socklen_t size);

/// The peer's ADDRESS:PORT; empty when it has disconnected.
std::string remote_of(int fd);

/// Waits for one of `events` (poll's flags). Fails with ec::timed_out at `until`.
caf::error wait_for(int fd, short events, deadline until);

} // namespace hive
