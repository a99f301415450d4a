#pragma once

#include "actors/interfaces.hpp"

namespace hive {

/// The plainest end of a link: answers pings.
inline link_actor::behavior_type link_face(link_actor::pointer) {
  return {
    [](const msg<wire::Ping>& ping) {
      return msg<wire::Pong>::build([&](wire::Pong::Builder out) { out.setPayload(ping->getPayload()); });
    },
    [](const msg<wire::GossipQuestion>&) -> caf::result<msg<wire::GossipAnswer>> {
      return fail(ec::unsupported, "only pings are answered");
    },
    [](const msg<wire::Farewell>&) {},
  };
}

} // namespace hive
