#pragma once

#include "actors/http/connection.hpp"

namespace hive::http {

/// A request that came in over a connection. It owns the request's bytes and all that is counted for it.
class live_exchange final : public exchange, public std::enable_shared_from_this<live_exchange> {
public:
  /// `from` is forgotten when it closes first: then nobody is there to be answered.
  live_exchange(std::shared_ptr<server_core> core, const std::shared_ptr<connection>& from,
                std::unique_ptr<request_parser> incoming);
  ~live_exchange() override;

  /// Refuses the request or runs the handler of its route. Called by the server's thread.
  void begin();

  /// Runs the handler, when the request's turn has come.
  void run(std::shared_ptr<void> turn);

  const http::request& request() const override {
    return request_;
  }

  void answer(response what) override;
  std::shared_ptr<body_stream> stream(response head) override;
  void forward(action next) override;
  void run_aside(std::function<void()> work) override;

private:
  std::optional<response> refusal();
  bool is_too_much(const response& what) const;
  void count(const response& what);

  const std::shared_ptr<server_core> core_;
  const std::weak_ptr<connection> from_;
  const std::unique_ptr<request_parser> incoming_;
  const path_tree::match match_;
  route_metrics& metrics_;
  http::request request_;
  meter::share flight_;
  meter::share body_;
  std::shared_ptr<void> turn_; ///< that others wait for; given back with the answer
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  std::atomic_flag answered_;
};

} // namespace hive::http
