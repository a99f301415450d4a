#include "platform/socket.hpp"

#include "messages/ec.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace hive {
namespace {

using address_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

caf::expected<address_list> look_up(const endpoint& what, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  auto port = std::to_string(what.port);
  auto failed = ::getaddrinfo(what.address.c_str(), port.c_str(), &hints, &found);
  if (failed != 0)
    return fail(ec::unavailable, what.text() + " cannot be looked up: " + ::gai_strerror(failed));
  return address_list{found, &::freeaddrinfo};
}

} // namespace

/// Disables Nagle's algorithm: messages between actors are small, and most have a receiver waiting for them.
void send_at_once(int fd) {
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string text_of_address(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(), port.data(),
                    port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return {};
  std::string text = host.data();
  return (text.find(':') == text.npos ? text : "[" + text + "]") + ":" + port.data();
}

caf::error wait_for(int fd, short events, deadline until) {
  while (true) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd wanted{fd, events, 0};
    int ready = left > 0 ? ::poll(&wanted, 1, static_cast<int>(std::min<int64_t>(left, 1 << 30))) : 0;
    if (ready > 0)
      return caf::none;
    if (ready == 0)
      return fail(ec::timed_out, "no answer in time");
    if (errno != EINTR)
      return fail(ec::internal, "poll: " + errno_text(errno));
  }
}

caf::expected<listening_socket> listen_socket(const endpoint& at) {
  auto numeric = at;
  if (at.address == "localhost")
    numeric.address = "127.0.0.1";
  auto addresses = look_up(numeric, AI_PASSIVE | AI_NUMERICHOST);
  if (!addresses)
    return fail(ec::invalid, at.address + " is neither an IP address nor localhost");
  auto& address = **addresses;
  listening_socket out{unique_fd{::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)}, numeric};
  int on = 1;
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  bool good = out.fd && ::setsockopt(out.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
              ::bind(out.fd.get(), address.ai_addr, address.ai_addrlen) == 0 &&
              ::listen(out.fd.get(), SOMAXCONN) == 0 &&
              ::getsockname(out.fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0;
  if (!good)
    return fail(ec::unavailable, "cannot listen on " + at.text() + ": " + errno_text(errno));
  auto text = endpoint::parse(text_of_address(bound, size));
  out.at.port = text ? text->port : numeric.port;
  return out;
}

caf::expected<unique_fd> accept_socket(const unique_fd& listening) {
  while (true) {
    unique_fd fd{::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (fd) {
      send_at_once(fd.get());
      return fd;
    }
    // These errors concern only one connection, which ended before it was accepted.
    bool next = errno == EINTR || errno == ECONNABORTED || errno == EPROTO || errno == ENETDOWN ||
                errno == EHOSTUNREACH || errno == ENETUNREACH;
    if (!next)
      return fail(ec::unavailable, errno_text(errno));
  }
}

std::string remote_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return {};
  return text_of_address(address, size);
}

} // namespace hive
