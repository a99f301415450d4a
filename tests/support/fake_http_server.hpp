#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hive {

/// A request that the fake server received.
struct fake_request {
  std::string head; ///< request line and headers
  std::string body;
};

/// The fake server's answer: a status and a body, or nothing until the client gives up.
struct fake_response {
  int status = 200;
  std::string body = {};
  bool hang = false;
};

/// A real HTTP server on a free port of the loopback, with one thread per connection and one request per connection.
class fake_http_server {
public:
  using handler = std::function<fake_response(const fake_request&)>;

  explicit fake_http_server(handler answer);
  ~fake_http_server();

  fake_http_server(const fake_http_server&) = delete;
  fake_http_server& operator=(const fake_http_server&) = delete;

  std::string url() const;
  std::vector<fake_request> requests() const;

private:
  struct connection {
    int socket;
    std::thread thread;
  };

  void accept_all();
  void serve(int socket);

  handler answer_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread acceptor_;
  mutable std::mutex mutex_;
  std::vector<connection> connections_;
  std::vector<fake_request> requests_;
};

/// A chat completion in the form of OpenAI-compatible servers, with fields that a probe ignores.
std::string chat_completion(const std::string& content);

} // namespace hive
