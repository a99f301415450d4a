#pragma once

#include "platform/unique_fd.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace hive {

/// An address of this machine that neither accepts nor refuses connections, as a machine that is switched off: its
/// queue of connections is full.
class dead_end {
public:
  /// Port 0 takes a free one.
  explicit dead_end(const std::string& ip = "127.0.0.1", uint16_t port = 0) {
    at_.sin_family = AF_INET;
    at_.sin_port = htons(port);
    ::inet_pton(AF_INET, ip.c_str(), &at_.sin_addr);
    socklen_t size = sizeof at_;
    if (::bind(fd_.get(), as_address(), size) != 0 || ::listen(fd_.get(), 0) != 0 ||
        ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at_), &size) != 0)
      throw std::runtime_error("no dead end at " + ip);
    for (int i = 0; i < 4; ++i) {
      waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(waiting_.back().get(), as_address(), size);
    }
  }

  uint16_t port() const {
    return ntohs(at_.sin_port);
  }

private:
  const sockaddr* as_address() const {
    return reinterpret_cast<const sockaddr*>(&at_);
  }

  unique_fd fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in at_{};
  std::vector<unique_fd> waiting_;
};

} // namespace hive
