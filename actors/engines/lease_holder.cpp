#include "actors/engines/lease_holder.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

lease_holder_actor::behavior_type lease_holder(lease_holder_actor::pointer self, const lease_holder_actor& owner) {
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  self->monitor(owner);
  return {[self, owner](const lease_revoked& what) { self->send(owner, what); }};
}

} // namespace

lease_holder_actor spawn_lease_holder(caf::actor_system& system, const lease_holder_actor& owner) {
  return system.spawn<caf::hidden>(lease_holder, owner);
}

} // namespace hive
