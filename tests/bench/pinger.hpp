#pragma once

#include "messages/door.capnp.h"
#include "messages/ec.hpp"
#include "messages/msg.hpp"
#include "tests/bench/bench_system.hpp"

#include <caf/all.hpp>
#include <stdexcept>
#include <string>

namespace hive {

inline constexpr std::chrono::seconds ping_patience{10};

/// Pings the peer until `count` pongs have arrived, with `window` pings outstanding. Returns the first error.
template <class Handle>
class pinger_state {
public:
  void start(caf::event_based_actor* self, Handle whom, msg<wire::Ping> ping, size_t count, size_t window) {
    self_ = self;
    whom_ = std::move(whom);
    ping_ = std::move(ping);
    to_send_ = to_hear_ = count;
    while (window-- > 0)
      send_next();
  }

private:
  void send_next() {
    if (to_send_ == 0)
      return;
    --to_send_;
    self_->request(whom_, ping_patience, ping_)
      .then(
        [this](const msg<wire::Pong>&) {
          if (--to_hear_ == 0)
            self_->quit();
          else
            send_next();
        },
        [this](caf::error& err) { self_->quit(std::move(err)); });
  }

  caf::event_based_actor* self_ = nullptr;
  Handle whom_;
  msg<wire::Ping> ping_;
  size_t to_send_ = 0, to_hear_ = 0;
};

/// Seconds for `count` pings.
template <class Handle>
double time_pings(caf::actor_system& system, const Handle& whom, const msg<wire::Ping>& ping, size_t count,
                  size_t window) {
  caf::scoped_actor self{system};
  auto begin = bench_clock::now();
  auto pinger = self->spawn<caf::monitored>(
    [&](caf::stateful_actor<pinger_state<Handle>>* actor) { actor->state.start(actor, whom, ping, count, window); });
  caf::error failed;
  self->receive([&](const caf::down_msg& down) { failed = down.reason; });
  if (failed && failed != caf::exit_reason::normal)
    throw std::runtime_error(text_of(failed));
  return seconds_since(begin);
}

inline msg<wire::Ping> ping_of(size_t bytes) {
  std::string payload(bytes, 'x');
  return msg<wire::Ping>::build([&](wire::Ping::Builder out) {
    out.setPayload({reinterpret_cast<const kj::byte*>(payload.data()), payload.size()});
  });
}

} // namespace hive
