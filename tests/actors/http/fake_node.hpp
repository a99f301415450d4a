#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/http/route.hpp"
#include "actors/http/server.hpp"
#include "actors/upgrade/api.hpp"
#include "messages/node.capnp.h"
#include "platform/http_client.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/test_system.hpp"

#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <prometheus/registry.h>

namespace hive::http {

/// Blocks every visitor until it is opened.
class valve {
public:
  ~valve() {
    open();
  }

  void pass() {
    std::unique_lock lock{mutex_};
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }

  /// Blocks until someone waits.
  void await_visitor() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

  void open() {
    std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  size_t waiting_ = 0;
};

/// Services that answer from the request alone, so that a test sees what reached them. These versions and names have a
/// special meaning: `held` waits for the valve, `busy`, `gone` and `broken` fail, `silent` is never answered.
struct fake_services {
  std::shared_ptr<valve> hold = std::make_shared<valve>();
  registry_actor registry;
  upgrade_checker_actor upgrades;
  upgrade_measurer_actor measurer;
  reference_keeper_actor references;
  inputs_actor inputs;

  explicit fake_services(caf::actor_system& system);
};

/// A server with the whole API over fake services.
class fake_node {
public:
  using further_routes = std::function<std::vector<route>(const fake_services&)>;

  /// If the options have the default port, a free one is used instead.
  explicit fake_node(
    server_options options = {}, further_routes further = [](auto&) { return std::vector<route>{}; });
  ~fake_node();

  /// Whether the server runs; it does not when the options were invalid.
  bool is_running() const {
    return bool(server_);
  }

  const caf::error& why_not() const {
    return server_.error();
  }

  uint16_t port() const {
    return server_->port;
  }

  const caf::actor& gateway() const {
    return server_->gateway;
  }

  caf::actor_system& system() {
    return actors_.system();
  }

  caf::scoped_actor& client() {
    return actors_.client();
  }

  fake_services& services() {
    return *services_;
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }

  /// Sends one request; a body is sent as JSON unless `headers` say otherwise.
  incoming_response request(const std::string& verb, const std::string& path, const std::string& body = {},
                            std::vector<std::string> headers = {"Content-Type: application/json"}) const;

  /// Tells the gateway to exit and waits until it has.
  void stop(caf::exit_reason reason = caf::exit_reason::user_shutdown);

  std::string not_ready; ///< reason given by /readyz; set it before sending requests

private:
  test_system actors_;
  std::unique_ptr<fake_services> services_;
  caf::expected<running_server> server_{caf::make_error(caf::sec::runtime_error)};
};

/// The problem document in an error response.
msg<wire::Problem> problem_of(const incoming_response& answer);

} // namespace hive::http
