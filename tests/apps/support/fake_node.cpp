#include "tests/apps/support/fake_node.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace hive::test {
namespace {

struct bound_socket {
  int fd;
  int port;
};

/// A socket on a free port of the loopback interface.
bound_socket bind_anywhere() {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address); // addresses are passed to the socket interface in this form
  if (fd < 0 || ::bind(fd, raw, length) != 0 || ::getsockname(fd, raw, &length) != 0)
    throw std::system_error{errno, std::generic_category(), "bind"};
  return {fd, ntohs(address.sin_port)};
}

std::string url_of(int port) {
  return "http://127.0.0.1:" + std::to_string(port);
}

size_t content_length(const std::string& headers) {
  auto place = headers.find("Content-Length: ");
  return place == std::string::npos ? 0 : std::stoul(headers.substr(place + 16));
}

/// False when the connection ends before the request does.
bool receive(int connection, fake_request& request) {
  std::string text;
  std::array<char, 4096> buffer{};
  size_t head_end = std::string::npos;
  while (head_end == std::string::npos || text.size() < head_end + 4 + content_length(request.headers)) {
    auto count = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0)
      return false;
    text.append(buffer.data(), static_cast<size_t>(count));
    head_end = text.find("\r\n\r\n");
    request.headers = text.substr(0, head_end);
  }
  request.body = text.substr(head_end + 4);
  auto first_space = text.find(' ');
  request.method = text.substr(0, first_space);
  request.target = text.substr(first_space + 1, text.find(' ', first_space + 1) - first_space - 1);
  return true;
}

void send_all(int connection, const std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    auto count = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count <= 0)
      return; // the client has left; its own report is checked by the test
    sent += static_cast<size_t>(count);
  }
}

} // namespace

fake_response problem(int status, const std::string& body) {
  return {status, body, "application/problem+json"};
}

fake_node::fake_node(handler answer) : answer_{std::move(answer)} {
  auto bound = bind_anywhere();
  listener_ = bound.fd;
  port_ = bound.port;
  if (::listen(listener_, 16) != 0)
    throw std::system_error{errno, std::generic_category(), "listen"};
  thread_ = std::thread{[this] { serve(); }};
}

fake_node::~fake_node() {
  ::shutdown(listener_, SHUT_RDWR); // wakes accept
  thread_.join();
  ::close(listener_);
}

std::string fake_node::url() const {
  return url_of(port_);
}

std::vector<fake_request> fake_node::requests() const {
  std::lock_guard lock{mutex_};
  return requests_;
}

void fake_node::serve() {
  for (;;) {
    int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0)
      return;
    serve_one(connection);
    ::close(connection);
  }
}

void fake_node::serve_one(int connection) {
  fake_request request;
  if (!receive(connection, request))
    return;
  {
    std::lock_guard lock{mutex_};
    requests_.push_back(request);
  }
  auto response = answer_(request);
  if (response.status == 0)
    return;
  send_all(connection, "HTTP/1.1 " + std::to_string(response.status) +
                         " X\r\nConnection: close\r\nContent-Type: " + response.content_type +
                         "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n\r\n" + response.body);
}

std::string dead_url() {
  auto bound = bind_anywhere();
  ::close(bound.fd);
  return url_of(bound.port);
}

} // namespace hive::test
