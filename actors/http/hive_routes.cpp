#include "actors/http/hive_routes.hpp"

#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/revocation.capnp.h"
#include "messages/tracker.capnp.h"

namespace hive::http {

std::vector<route> hive_routes(const federation_actor& federation, const publisher_actor& publisher) {
  using namespace wire;
  using enum method;
  return {
    route::ask<NodeQuery, NodeList>(get, "/api/v1/hive/nodes", federation,
                                    "List this node and the nodes that it knows"),
    route::ask<HiveStatusQuery, HiveStatus>(get, "/api/v1/hive/status", federation, "How far the nodes agree"),
    route::ask<VouchForStore, HiveStatus>(post, "/api/v1/hive/vouch", federation,
                                          "Publish without hearing from other nodes first")
      .for_role(role::operate),
    route::ask<RevocationQuery, HeldRevocations>(get, "/api/v1/hive/revocations", federation,
                                                 "The newest revocation list of each CA that the node trusts"),
    route::ask<RevocationUpload, HeldRevocations>(post, "/api/v1/hive/revocations", federation,
                                                  "Give the hive a newer revocation list of one of its CAs")
      .for_role(role::operate),
    route::ask<PublishedDeltaQuery, LearningDelta>(get, "/api/v1/hive/published", publisher,
                                                   "The learning delta that this node last published"),
  };
}

} // namespace hive::http
