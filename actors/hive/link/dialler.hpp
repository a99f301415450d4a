#pragma once

#include "actors/hive/link/resolver.hpp"
#include "platform/socket.hpp"

#include <map>
#include <mutex>

namespace hive {

/// Connects to names that may have several addresses, some of which may lead nowhere. The first attempts begin a moment
/// apart and go on side by side, so that a dead address costs a moment and not the whole time; the first that connects
/// wins (RFC 8305). Stops at once when told to. Safe to use from any thread.
class dialler {
public:
  explicit dialler(look_up_function look_up = system_look_up);

  /// The socket is non-blocking and sends small messages at once. ec::unavailable or ec::timed_out, with the reason of
  /// each address, when none answers by `until`.
  caf::expected<unique_fd> connect(const endpoint& to, deadline until);

  /// Who answers at this address of the name is not who is wanted: it is tried last the next time.
  void avoid(const endpoint& to, const std::string& remote);

  /// Ends all attempts at once. Afterwards none begins.
  void stop();

private:
  resolver names_;
  unique_fd stopped_; ///< an event that is readable from `stop` on
  std::mutex mutex_;
  std::map<endpoint, std::string> avoided_; ///< the address that was of no use last
};

} // namespace hive
