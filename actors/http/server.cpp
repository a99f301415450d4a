#include "actors/http/server.hpp"

#include "actors/http/gateway.hpp"
#include "actors/http/listener.hpp"
#include "actors/http/site.hpp"
#include "platform/log.hpp"

namespace hive::http {
namespace {

struct gateway_state {
  static inline const char* name = "hive.http";

  explicit gateway_state(caf::event_based_actor* self) : requests{self} {
  }

  gateway_requests requests;
  std::shared_ptr<listener> serving;
  std::chrono::steady_clock::time_point drain_deadline;
  bool draining = false;

  ~gateway_state() {
    if (serving)
      serving->close();
  }
};

using gateway_actor = caf::stateful_actor<gateway_state>;

// internal: checks whether the last request has been answered.
using drain_tick = caf::atom_constant<caf::atom("drain")>;
// internal: checks whether the server still runs.
using watch_tick = caf::atom_constant<caf::atom("watch")>;

void begin_drain(gateway_actor* self, std::chrono::milliseconds limit, const caf::exit_msg& why) {
  auto& state = self->state;
  if (why.reason == caf::exit_reason::kill || state.draining)
    return self->quit(why.reason);
  state.draining = true;
  state.drain_deadline = std::chrono::steady_clock::now() + limit;
  state.serving->drain();
  self->send(self, drain_tick::value, why.reason);
}

void continue_drain(gateway_actor* self, const caf::error& reason) {
  auto& state = self->state;
  auto left = state.serving->in_flight();
  bool late = std::chrono::steady_clock::now() >= state.drain_deadline;
  if (left != 0 && !late)
    return self->delayed_send(self, defaults::http_drain_poll, drain_tick::value, reason);
  if (left != 0)
    log::warn("HTTP server stops with requests unanswered. requests={}", left);
  self->quit(reason);
}

void watch(gateway_actor* self) {
  if (!self->state.serving->is_alive()) {
    log::error("The HTTP server is stuck");
    return self->quit(fail(ec::internal, "the HTTP server is stuck"));
  }
  self->delayed_send(self, defaults::http_watch_interval, watch_tick::value);
}

caf::behavior run_gateway(gateway_actor* self, std::shared_ptr<listener> serving, std::chrono::milliseconds drain) {
  self->state.serving = std::move(serving);
  self->set_exit_handler([self, drain](const caf::exit_msg& why) { begin_drain(self, drain, why); });
  self->delayed_send(self, defaults::http_watch_interval, watch_tick::value);
  return {
    [self](const forwarded& what) { run_action(self->state.requests, what); },
    [self](watch_tick) { watch(self); },
    [self](drain_tick, const caf::error& reason) { continue_drain(self, reason); },
  };
}

} // namespace

caf::error server_options::validate() const {
  if (max_body_bytes == 0)
    return fail(ec::invalid, "max_body_bytes must be at least 1");
  if (max_in_flight == 0)
    return fail(ec::invalid, "max_in_flight must be at least 1");
  if (max_body_bytes_in_flight < max_body_bytes)
    return fail(ec::invalid,
                "max_body_bytes_in_flight must be at least max_body_bytes, or the largest body never goes in");
  if (max_answer_bytes_in_flight == 0)
    return fail(ec::invalid, "max_answer_bytes_in_flight must be at least 1");
  if (max_connections == 0)
    return fail(ec::invalid, "max_connections must be at least 1");
  if (read_timeout.count() <= 0 || write_timeout.count() <= 0 || pressed_write_timeout.count() <= 0)
    return fail(ec::invalid, "read_timeout, write_timeout and pressed_write_timeout must be positive");
  if (drain_timeout.count() < 0)
    return fail(ec::invalid, "drain_timeout must not be negative");
  for (const auto& name : hosts)
    if (auto wrong = site::check_name(name))
      return wrong;
  return listener::check_address(*this);
}

std::string server_options::endpoint() const {
  bool v6 = address.find(':') != address.npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

caf::expected<running_server> spawn_server(caf::actor_system& system, server_services services,
                                           server_options options) {
  if (auto error = options.validate())
    return error;
  auto drain = options.drain_timeout;
  auto serving = listener::open(std::move(options), std::move(services));
  if (!serving)
    return serving.error();
  auto port = (*serving)->port();
  auto gateway = caf::actor_cast<caf::actor>(system.spawn(run_gateway, *serving, drain));
  try {
    (*serving)->serve(gateway);
  } catch (const std::exception& e) { // no thread is left
    caf::anon_send_exit(gateway, caf::exit_reason::kill);
    return fail(ec::unavailable, std::string{"the HTTP server cannot run: "} + e.what());
  }
  return running_server{gateway, port};
}

} // namespace hive::http
