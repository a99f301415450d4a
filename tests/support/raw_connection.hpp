#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace hive {

/// A connection for what no tidy client sends.
class raw_connection {
public:
  explicit raw_connection(uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    set_patience(std::chrono::seconds{60});
  }

  raw_connection(raw_connection&& other) noexcept : socket_{std::exchange(other.socket_, -1)} {
  }
  raw_connection& operator=(raw_connection&&) = delete;

  ~raw_connection() {
    if (socket_ >= 0)
      ::close(socket_);
  }

  /// Longest wait of each read and write; one minute at first.
  void set_patience(std::chrono::milliseconds limit) {
    timeval time{limit.count() / 1'000, limit.count() % 1'000 * 1'000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  }

  /// Whether all of it was taken.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  /// Sends no more.
  void close_half() {
    ::shutdown(socket_, SHUT_WR);
  }

  /// Closing will throw away what was sent and not received, and tell the other end so.
  void reset_at_close() {
    linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  /// What comes with one read; empty at the end.
  std::string read_some(size_t most) {
    std::string out(most, '\0');
    auto got = ::recv(socket_, out.data(), out.size(), 0);
    out.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return out;
  }

  /// What comes until the text holds `end` or the server closes the connection.
  std::string read_until(std::string_view end) {
    std::string out;
    while (end.empty() || out.find(end, out.size() - std::min(out.size(), 4096 + end.size())) == out.npos) {
      auto more = read_some(4096);
      if (more.empty())
        return out;
      out += more;
    }
    return out;
  }

  /// What comes until the server closes the connection.
  std::string read_all() {
    return read_until({});
  }

private:
  int socket_;
};

} // namespace hive
