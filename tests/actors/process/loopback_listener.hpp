#pragma once

#include "platform/unique_fd.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

namespace hive::testing_processes {

/// A listening socket on the machine's loopback.
class loopback_listener {
public:
  loopback_listener() : fd_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    bool listens = bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), size) == 0 && listen(fd_.get(), 1) == 0 &&
                   getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0;
    EXPECT_TRUE(listens);
    port_ = ntohs(at.sin_port);
  }

  /// A Python program that succeeds where the socket can be reached. It holds no single quotes.
  std::string connecting_program() const {
    return "import socket; socket.create_connection((\"127.0.0.1\", " + std::to_string(port_) + "), 5)";
  }

private:
  unique_fd fd_;
  uint16_t port_ = 0;
};

} // namespace hive::testing_processes
