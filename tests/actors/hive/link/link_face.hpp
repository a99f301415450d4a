#pragma once

#include "actors/remote/api.hpp"
#include "messages/door.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/hive.capnp.h"

#include <caf/all.hpp>
#include <functional>

namespace hive {

/// How one end of a link answers gossip.
using gossip_answering = std::function<caf::expected<msg<wire::GossipAnswer>>(const msg<wire::GossipQuestion>&)>;

inline caf::expected<msg<wire::GossipAnswer>> answer_only_pings(const msg<wire::GossipQuestion>&) {
  return fail(ec::unsupported, "only pings are answered");
}

/// A minimal end of a link: answers pings, and gossip as configured.
inline link_actor::behavior_type link_face(link_actor::pointer, gossip_answering gossip) {
  return {
    [](const msg<wire::Ping>& ping) {
      return msg<wire::Pong>::build([&](wire::Pong::Builder out) { out.setPayload(ping->getPayload()); });
    },
    [gossip](const msg<wire::GossipQuestion>& question) -> caf::result<msg<wire::GossipAnswer>> {
      auto answer = gossip(question);
      if (!answer)
        return answer.error();
      return *answer;
    },
    [](const msg<wire::Farewell>&) {},
  };
}

} // namespace hive
