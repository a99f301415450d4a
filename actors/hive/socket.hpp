#pragma once

#include "actors/benchmark/unique_fd.hpp"
#include "actors/hive/endpoint.hpp"

#include <caf/expected.hpp>
#include <chrono>

namespace hive {

using deadline = std::chrono::steady_clock::time_point;

/// Connects, trying each address that the name has. The socket is non-blocking and sends small messages at once.
/// ec::unavailable with the reason when nobody answers by `until`. Looking up a name may take as long as the system's
/// resolver allows.
caf::expected<unique_fd> connect_socket(const endpoint& to, deadline until);

struct listening_socket {
  unique_fd fd;
  endpoint at; ///< with the port that is really bound
};

/// Listens on an IP address or localhost; port 0 takes a free one. ec::invalid for another name, ec::unavailable when
/// the address is in use or not of this machine; the texts name it.
caf::expected<listening_socket> listen_socket(const endpoint& at);

/// Waits for a connection; the socket is as connect_socket's. ec::unavailable when the listening socket was shut down
/// or the process has no descriptor left.
caf::expected<unique_fd> accept_socket(const unique_fd& listening);

/// Who is at the other end, as ADDRESS:PORT; empty when it is gone.
std::string remote_of(int fd);

/// Waits until one of `events` (as poll has them) holds. ec::timed_out when none does by `until`.
caf::error wait_for(int fd, short events, deadline until);

} // namespace hive
