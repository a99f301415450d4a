#include "actors/hive/link_face.hpp"

#include <caf/all.hpp>

namespace hive {

link_actor::behavior_type link_face(link_actor::pointer) {
  return {[](const msg<wire::Ping>& ping) {
    return msg<wire::Pong>::build([&](wire::Pong::Builder out) { out.setPayload(ping->getPayload()); });
  }};
}

} // namespace hive
