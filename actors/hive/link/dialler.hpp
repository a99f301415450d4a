#pragma once

#include "actors/hive/link/resolver.hpp"
#include "platform/socket.hpp"

#include <map>
#include <mutex>

namespace hive {

/// Connects to a host name with several addresses, some of which may be dead. Attempts start a moment apart and run in
/// parallel; the first to connect wins (Happy Eyeballs, RFC 8305). Thread-safe.
class dialler {
public:
  explicit dialler(look_up_function look_up = system_look_up);

  /// Returns a non-blocking socket with TCP_NODELAY. ec::unavailable or ec::timed_out, with the reason for each
  /// address, when none answers by `until`.
  caf::expected<unique_fd> connect(const endpoint& to, deadline until);

  /// A wrong peer answered at this address of the name: try it last the next time.
  void avoid(const endpoint& to, const std::string& remote);

  /// Aborts all attempts. Later calls fail.
  void stop();

private:
  resolver names_;
  unique_fd stopped_; ///< eventfd, readable after `stop`
  std::mutex mutex_;
  std::map<endpoint, std::string> avoided_; ///< the last useless address of each name
};

} // namespace hive
