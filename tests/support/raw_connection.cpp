#include "tests/support/raw_connection.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace hive {

raw_connection::raw_connection(uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  set_patience(std::chrono::seconds{60});
}

raw_connection::raw_connection(raw_connection&& other) noexcept : socket_{std::exchange(other.socket_, -1)} {
}

raw_connection::~raw_connection() {
  if (socket_ >= 0)
    ::close(socket_);
}

void raw_connection::set_patience(std::chrono::milliseconds limit) {
  timeval time{limit.count() / 1'000, limit.count() % 1'000 * 1'000};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

bool raw_connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void raw_connection::close_half() {
  ::shutdown(socket_, SHUT_WR);
}

void raw_connection::reset_at_close() {
  linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

std::string raw_connection::read_some(size_t most) {
  std::string out(most, '\0');
  auto got = ::recv(socket_, out.data(), out.size(), 0);
  out.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return out;
}

std::string raw_connection::read_until(std::string_view end) {
  std::string out;
  while (end.empty() || out.find(end, out.size() - std::min(out.size(), 4096 + end.size())) == out.npos) {
    auto more = read_some(4096);
    if (more.empty())
      return out;
    out += more;
  }
  return out;
}

std::string raw_connection::read_all() {
  return read_until({});
}

} // namespace hive
