#pragma once

#include "messages/door.capnp.h"
#include "messages/msg.hpp"
#include "tests/bench/bench_system.hpp"
#include "tests/bench/outstanding.hpp"

#include <caf/all.hpp>
#include <string>

namespace hive {

inline constexpr std::chrono::seconds ping_patience{10};

/// Seconds for `count` pings.
template <class Handle>
double time_pings(caf::actor_system& system, const Handle& whom, const msg<wire::Ping>& ping, size_t count,
                  size_t window) {
  using plan = outstanding_plan<Handle, msg<wire::Ping>, msg<wire::Pong>>;
  plan pings{.to = whom, .message = [&ping](uint64_t) { return ping; }, .total = count, .window = window};
  pings.timeout = caf::duration{ping_patience};
  auto begin = bench_clock::now();
  run_outstanding(system, std::vector{pings});
  return seconds_since(begin);
}

inline msg<wire::Ping> ping_of(size_t bytes) {
  std::string payload(bytes, 'x');
  return msg<wire::Ping>::build([&](wire::Ping::Builder out) {
    out.setPayload({reinterpret_cast<const kj::byte*>(payload.data()), payload.size()});
  });
}

} // namespace hive
