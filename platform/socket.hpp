#pragma once

#include "platform/endpoint.hpp"
#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <sys/socket.h>

namespace hive {

using deadline = std::chrono::steady_clock::time_point;

/// As a dialler that is used once. ec::unavailable or ec::timed_out with the reason when nobody answers by `until`.
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

/// No waiting for more to send with it: messages between actors are small, and somebody waits for most of them.
void send_at_once(int fd);

/// ADDRESS:PORT of a socket's address; empty for one that is none.
std::string text_of_address(const sockaddr_storage& address, socklen_t size);

/// Who is at the other end, as ADDRESS:PORT; empty when it is gone.
std::string remote_of(int fd);

/// Waits until one of `events` (as poll has them) holds. ec::timed_out when none does by `until`.
caf::error wait_for(int fd, short events, deadline until);

} // namespace hive
