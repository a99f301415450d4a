#pragma once

#include "platform/unique_fd.hpp"

#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <vector>

namespace hive {

/// An address on this machine that neither accepts nor refuses connections, like a machine that is switched off: its
/// backlog is full.
class dead_end {
public:
  /// Port 0 picks a free port.
  explicit dead_end(const std::string& ip = "127.0.0.1", uint16_t port = 0);

  uint16_t port() const;

private:
  unique_fd fd_;
  sockaddr_in at_{};
  std::vector<unique_fd> waiting_;
};

} // namespace hive
