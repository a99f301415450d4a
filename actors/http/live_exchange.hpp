#pragma once

#include "actors/http/connection.hpp"

namespace hive::http {

/// A request received over a connection. Owns the request's bytes and its shares of the meters.
class live_exchange final : public exchange, public std::enable_shared_from_this<live_exchange> {
public:
  /// `from` is held weakly: if it closes first, there is nobody left to answer.
  live_exchange(std::shared_ptr<server_core> core, const std::shared_ptr<connection>& from,
                std::unique_ptr<request_parser> incoming);
  ~live_exchange() override;

  /// Refuses the request or runs its route's handler. Called by the server's thread.
  void begin();

  /// Runs the handler when it is the request's turn.
  void run(std::shared_ptr<void> turn);

  const http::request& request() const override {
    return request_;
  }

  /// Whether its answer may be due only when something happens.
  bool waits_long() const {
    return match_.found && match_.found->waits_long;
  }

  void answer(response what) override;
  std::shared_ptr<body_stream> stream(response head) override;
  void forward(action next) override;
  void keep(std::shared_ptr<void> what) override;
  void run_aside(std::function<void()> work) override;

private:
  std::optional<response> refusal();
  void run_as(const exchange_ptr& what);
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
  std::shared_ptr<void> kept_;
  std::shared_ptr<void> turn_; ///< other requests wait for it; released when this one is answered
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  std::atomic_flag answered_;
};

} // namespace hive::http
