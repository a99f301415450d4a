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

/// An address to connect to.
struct socket_address {
  sockaddr_storage bytes{};
  socklen_t size = 0;

  int family() const {
    return bytes.ss_family;
  }
};

/// All addresses of a name, in the order of preference. Blocks as long as it likes.
using look_up_function = std::function<caf::expected<std::vector<socket_address>>(const endpoint&)>;

/// Asks the system's resolver. ec::unavailable naming the endpoint.
caf::expected<std::vector<socket_address>> system_look_up(const endpoint& what);

/// The families by turns, the first one first, each in its order; at most `most` (RFC 8305, section 4).
std::vector<socket_address> interleaved(std::vector<socket_address> all, size_t most);

/// Looks names up with deadlines. A look-up of the system cannot be stopped, so each runs on a thread that nobody waits
/// for at the end: it is given up when its time is over or `stop` is called, and who asks for the same name meanwhile
/// waits for the same answer. Safe to use from any thread.
class resolver {
public:
  explicit resolver(look_up_function look_up = system_look_up);

  /// ec::timed_out when there is no answer by `until`, ec::unavailable when `stop` was called, ec::overloaded when too
  /// many other names wait for the system; else as the function.
  caf::expected<std::vector<socket_address>> look_up(const endpoint& what, std::chrono::steady_clock::time_point until);

  /// Ends all waiting at once. Afterwards nothing is looked up.
  void stop();

private:
  struct shared_state;

  std::shared_ptr<shared_state> state_;
};

} // namespace hive
