#include "tests/cluster/raw_http.hpp"

#include "tests/support/wait_until.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace hive::cluster {
namespace {

int connect_to(const std::string& endpoint) {
  auto colon = endpoint.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoul(endpoint.substr(colon + 1))));
  int out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval limit{std::chrono::duration_cast<std::chrono::seconds>(patience).count(), 0};
  ::setsockopt(out, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::inet_pton(AF_INET, endpoint.substr(0, colon).c_str(), &to.sin_addr) != 1 ||
      ::connect(out, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("cannot connect to " + endpoint);
  return out;
}

} // namespace

std::string as_request(const std::string& text) {
  auto end = text.find("\n\n");
  auto body = text.substr(end + 2);
  std::string out;
  for (char c : text.substr(0, end + 1))
    out += c == '\n' ? "\r\n" : std::string{c};
  return out + "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

int raw_http_status(const std::string& endpoint, const std::string& bytes) {
  int socket = connect_to(endpoint);
  ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::string answer;
  std::array<char, 4096> buffer;
  for (ssize_t got = 0; (got = ::recv(socket, buffer.data(), buffer.size(), 0)) > 0;)
    answer.append(buffer.data(), static_cast<size_t>(got));
  ::close(socket);
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}

} // namespace hive::cluster
