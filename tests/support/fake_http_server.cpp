#include "tests/support/fake_http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace hive {
namespace {

fake_request read_request(int socket) {
  std::string text;
  size_t length = 0;
  size_t head_end = std::string::npos;
  char buffer[4096];
  while (head_end == std::string::npos || text.size() < head_end + 4 + length) {
    auto count = ::recv(socket, buffer, sizeof buffer, 0);
    if (count <= 0)
      break;
    text.append(buffer, static_cast<size_t>(count));
    head_end = text.find("\r\n\r\n");
    if (auto at = text.find("Content-Length: "); at < head_end && head_end != std::string::npos)
      length = std::stoul(text.substr(at + 16));
  }
  if (head_end == std::string::npos)
    return {text, {}};
  return {text.substr(0, head_end), text.substr(head_end + 4)};
}

} // namespace

fake_http_server::fake_http_server(handler answer) : answer_{std::move(answer)} {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("cannot listen on the loopback");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread{[this] { accept_all(); }};
}

fake_http_server::~fake_http_server() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  std::lock_guard lock{mutex_};
  for (auto& connection : connections_) {
    ::shutdown(connection.socket, SHUT_RDWR);
    connection.thread.join();
    ::close(connection.socket);
  }
}

std::string fake_http_server::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

std::vector<fake_request> fake_http_server::requests() const {
  std::lock_guard lock{mutex_};
  return requests_;
}

void fake_http_server::accept_all() {
  while (true) {
    int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0)
      return;
    std::lock_guard lock{mutex_};
    connections_.push_back({socket, std::thread{[this, socket] { serve(socket); }}});
  }
}

void fake_http_server::serve(int socket) {
  auto request = read_request(socket);
  {
    std::lock_guard lock{mutex_};
    requests_.push_back(request);
  }
  auto response = answer_(request);
  if (response.hang) {
    char unused;
    while (::recv(socket, &unused, 1, 0) > 0) {
    }
    return;
  }
  auto text = "HTTP/1.1 " + std::to_string(response.status) +
              " Status\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\nConnection: close\r\n\r\n" +
              response.body;
  for (size_t sent = 0; sent < text.size();) {
    auto count = ::send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count <= 0)
      return;
    sent += static_cast<size_t>(count);
  }
  ::shutdown(socket, SHUT_WR);
}

std::string chat_completion(const std::string& content) {
  return R"({"id":"c-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":)"
         R"({"role":"assistant","content":")" +
         content + R"("},"finish_reason":"stop"}],"usage":{"total_tokens":3}})";
}

} // namespace hive
