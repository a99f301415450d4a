#include "tests/support/dead_end.hpp"

#include <arpa/inet.h>
#include <stdexcept>
#include <sys/socket.h>

namespace hive {

dead_end::dead_end(const std::string& ip, uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  auto* address = reinterpret_cast<sockaddr*>(&at_);
  at_.sin_family = AF_INET;
  at_.sin_port = htons(port);
  ::inet_pton(AF_INET, ip.c_str(), &at_.sin_addr);
  socklen_t size = sizeof at_;
  if (::bind(fd_.get(), address, size) != 0 || ::listen(fd_.get(), 0) != 0 ||
      ::getsockname(fd_.get(), address, &size) != 0)
    throw std::runtime_error("no dead end at " + ip);
  for (int i = 0; i < 4; ++i) {
    waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::connect(waiting_.back().get(), address, size);
  }
}

uint16_t dead_end::port() const {
  return ntohs(at_.sin_port);
}

} // namespace hive
