#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hive::test {

struct fake_request {
  std::string method;
  std::string target; ///< path and query
  std::string headers;
  std::string body;
};

struct fake_response {
  int status = 200; ///< 0: the connection ends without an answer
  std::string body;
  std::string content_type = "application/json";
};

fake_response problem(int status, const std::string& body);

/// An HTTP server on a free port of this machine that answers every request with the result of a function. It speaks
/// just enough HTTP for one client: one request per connection, one connection at a time.
class fake_node {
public:
  using handler = std::function<fake_response(const fake_request&)>;

  explicit fake_node(handler answer);
  ~fake_node();
  fake_node(const fake_node&) = delete;
  fake_node& operator=(const fake_node&) = delete;

  std::string url() const;

  /// Requests received so far, in order.
  std::vector<fake_request> requests() const;

private:
  void serve();
  void serve_one(int connection);

  handler answer_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<fake_request> requests_;
  std::thread thread_;
};

/// A node with the same answer to every request.
inline fake_node answering(std::string body, int status = 200) {
  return fake_node{[body = std::move(body), status](const fake_request&) { return fake_response{status, body}; }};
}

/// A URL at which nobody listens.
std::string dead_url();

} // namespace hive::test
