#include "tests/bench/load/http_load.hpp"

#include "platform/unique_fd.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <vector>

namespace hive::load {
namespace {

using clock = std::chrono::steady_clock;

/// No answer of a healthy node takes longer.
constexpr int patience_ms = 60'000;
constexpr size_t read_bytes = size_t{256} << 10;

void expect(bool good, const char* what) {
  if (!good)
    throw std::system_error(errno, std::generic_category(), what);
}

unique_fd connect_to(const endpoint& at) {
  unique_fd out{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  expect(out.get() >= 0, "socket");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(at.port);
  if (::inet_pton(AF_INET, at.address.c_str(), &to.sin_addr) != 1)
    throw std::runtime_error(at.address + " is no IPv4 address");
  expect(::connect(out.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "connect");
  int on = 1;
  expect(::setsockopt(out.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
  return out;
}

/// What follows `field`, which is in lower case, in a response's head; nothing when it is not there.
std::string_view after(std::string_view head, std::string_view field) {
  auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; };
  auto found = std::search(head.begin(), head.end(), field.begin(), field.end(), same);
  return found == head.end() ? std::string_view{} : std::string_view{found + std::ssize(field), head.end()};
}

/// Whether a response with this head and these bytes of its body is complete. No JSON contains what ends chunks.
bool is_complete(std::string_view head, std::string_view body) {
  if (auto length = after(head, "\r\ncontent-length:"); !length.empty())
    return body.size() >= std::stoul(std::string{length});
  if (after(head, "\r\ntransfer-encoding: chunke").empty())
    throw std::runtime_error("an answer without a length: " + std::string{head});
  return body.ends_with("\r\n0\r\n\r\n");
}

/// One connection and the request that is outstanding on it.
class load_connection {
public:
  explicit load_connection(const endpoint& at) : fd_{connect_to(at)} {
  }

  int fd() const {
    return fd_.get();
  }

  /// Blocks while the node does not read.
  void send(std::string_view request) {
    while (!request.empty()) {
      auto sent = ::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL);
      expect(sent > 0, "send");
      request.remove_prefix(static_cast<size_t>(sent));
    }
    received_.clear();
    head_bytes_ = 0;
  }

  /// Reads what is there. Returns whether the answer is complete.
  bool read(std::string& buffer) {
    auto got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    expect(got >= 0, "recv");
    if (got == 0)
      throw std::runtime_error("the node closed a connection");
    received_.append(buffer, 0, static_cast<size_t>(got));
    if (head_bytes_ == 0)
      if (auto end = received_.find(head_end); end != received_.npos)
        head_bytes_ = end + head_end.size();
    auto all = std::string_view{received_};
    return head_bytes_ > 0 && is_complete(all.substr(0, head_bytes_), all.substr(head_bytes_));
  }

  const std::string& answer() const {
    return received_;
  }

private:
  static constexpr std::string_view head_end = "\r\n\r\n";

  unique_fd fd_;
  std::string received_;
  size_t head_bytes_ = 0; ///< 0 while it is incomplete
};

/// A run of a plan.
class http_run {
public:
  explicit http_run(const http_plan& plan) : plan_{plan}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    expect(epoll_.get() >= 0, "epoll");
    for (size_t i = 0; i < plan.connections; ++i) {
      auto& added = connections_.emplace_back(plan.at);
      epoll_event wanted{.events = EPOLLIN, .data = {.u64 = i}};
      expect(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, added.fd(), &wanted) == 0, "epoll_ctl");
    }
  }

  http_outcome run() {
    begin_ = clock::now();
    for (auto& connection : connections_)
      send_next(connection);
    std::array<epoll_event, 256> events{};
    while (outstanding_ > 0) {
      int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience_ms);
      expect(count >= 0, "epoll_wait");
      if (count == 0)
        throw std::runtime_error("the node does not answer");
      for (int i = 0; i < count; ++i)
        take(connections_[events[static_cast<size_t>(i)].data.u64]);
    }
    out_.seconds = std::chrono::duration<double>(clock::now() - begin_).count();
    return out_;
  }

private:
  bool ends() const {
    return sent_ == plan_.requests || (plan_.time && clock::now() - begin_ >= *plan_.time);
  }

  void send_next(load_connection& connection) {
    if (ends())
      return;
    connection.send(plan_.request(sent_++));
    ++outstanding_;
  }

  void take(load_connection& connection) {
    if (!connection.read(buffer_))
      return;
    --outstanding_;
    const auto& answer = connection.answer();
    out_.bytes += answer.size();
    if (answer.starts_with("HTTP/1.1 2"))
      ++out_.answered;
    else if (++out_.refused == 1)
      out_.first_refusal = answer;
    send_next(connection);
  }

  const http_plan& plan_;
  unique_fd epoll_;
  std::vector<load_connection> connections_;
  std::string buffer_ = std::string(read_bytes, '\0');
  clock::time_point begin_;
  uint64_t sent_ = 0;
  size_t outstanding_ = 0;
  http_outcome out_;
};

} // namespace

http_outcome send_requests(const http_plan& plan) {
  return http_run{plan}.run();
}

std::string http_request(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& content_type) {
  auto out = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  if (!body.empty())
    out += "Content-Type: " + content_type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + body;
}

} // namespace hive::load
