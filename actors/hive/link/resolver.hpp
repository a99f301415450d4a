#pragma once

#include "platform/endpoint.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sys/socket.h>
#include <vector>

namespace hive {

struct socket_address {
  sockaddr_storage bytes{};
  socklen_t size = 0;

  int family() const {
    return bytes.ss_family;
  }
};

/// Resolves a name to its addresses in order of preference. May block without limit.
using look_up_function = std::function<caf::expected<std::vector<socket_address>>(const endpoint&)>;

/// getaddrinfo. ec::unavailable naming the endpoint.
caf::expected<std::vector<socket_address>> system_look_up(const endpoint& what);

/// Interleaves the address families, beginning with the first, and keeps the order within each; at most `most`
/// addresses (RFC 8305, section 4).
std::vector<socket_address> interleaved(std::vector<socket_address> all, size_t most);

/// Name resolution with deadlines. A running system look-up cannot be cancelled, so each has a detached thread that is
/// abandoned at the deadline or at `stop`. Concurrent requests for one name share a look-up. Thread-safe.
class resolver {
public:
  explicit resolver(look_up_function look_up = system_look_up);

  /// Fails with ec::timed_out when there is no answer by `until`, with ec::unavailable after `stop`, and with
  /// ec::overloaded when too many other names are being resolved; otherwise returns the result of the look-up function.
  caf::expected<std::vector<socket_address>> look_up(const endpoint& what, std::chrono::steady_clock::time_point until);

  /// Wakes all waiting callers. Later calls fail.
  void stop();

private:
  struct shared_state;

  std::shared_ptr<shared_state> state_;
};

} // namespace hive
