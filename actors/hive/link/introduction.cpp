#include "actors/hive/link/introduction.hpp"

#include "actors/hive/link/channel_scribe.hpp"
#include "actors/remote/api.hpp"
#include "messages/ec.hpp"

#include <caf/all.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>

namespace hive {
namespace {

using overdue_atom = caf::atom_constant<caf::atom("overdue")>;
using interface_names = std::set<std::string>;

/// Under which port CAF shall file what an accepted connection publishes. CAF sends it to the other end at once and
/// never looks again, so that one number serves all.
constexpr uint16_t nominal_port = 1;

caf::actor basp_broker(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

/// What both sides' actors know of their connection.
template <class Face, class Peer>
struct handover {
  uint64_t connection = 0;
  Face face;
  introduction_owner<Peer> owner;
  std::chrono::milliseconds timeout;
};

template <class Self, class Face, class Peer>
void finish(Self* self, const handover<Face, Peer>& what, caf::expected<Peer> peer) {
  self->send(what.owner, introduced<Peer>{what.connection, std::move(peer)});
  self->quit();
}

/// The actor that came over a connection must lie at the connection's other end.
template <class Peer>
caf::expected<Peer> checked(const Peer& peer, const caf::node_id& there) {
  if (!peer || peer.node() != there)
    return fail(ec::integrity_violated, "it introduced an actor that is not its own");
  return peer;
}

// internal: greeter_actor with its timeout.
template <class Face, class Peer>
using greeter_impl = typename greeter_actor<Face, Peer>::template extend<caf::reacts_to<overdue_atom>>;

template <class Face, class Peer>
typename greeter_impl<Face, Peer>::behavior_type greeter(typename greeter_impl<Face, Peer>::pointer self,
                                                         const handover<Face, Peer>& what) {
  self->delayed_send(self, what.timeout, overdue_atom::value);
  return {[self, what](const Peer& peer) {
            auto& sender = self->current_sender();
            finish(self, what, checked(peer, sender ? sender->node() : caf::node_id{}));
            return what.face;
          },
          [self, what](overdue_atom) {
            finish(self, what, caf::expected<Peer>{fail(ec::timed_out, "it did not introduce itself in time")});
          }};
}

/// Dialled: asks the greeter at the other end, for which the two ends' parts are the other way round.
template <class Face, class Peer>
void visitor(caf::event_based_actor* self, const caf::actor& broker, const caf::io::scribe_ptr& scribe,
             const handover<Face, Peer>& what) {
  using greeter_there = greeter_actor<Peer, Face>;
  auto give_up = [self, what](const caf::error& err) { finish(self, what, caf::expected<Peer>{err}); };
  self->request(broker, what.timeout, caf::connect_atom::value, scribe, nominal_port)
    .then(
      [self, what, give_up](const caf::node_id& there, const caf::strong_actor_ptr& greeter,
                            const interface_names& offered) {
        auto expected = self->system().message_types(greeter_there{});
        if (!greeter || !std::includes(offered.begin(), offered.end(), expected.begin(), expected.end())) {
          give_up(fail(ec::malformed, "it publishes no greeter"));
          return;
        }
        self->request(caf::actor_cast<greeter_there>(greeter), what.timeout, what.face)
          .then([self, what, there](const Peer& peer) { finish(self, what, checked(peer, there)); }, give_up);
      },
      give_up);
}

} // namespace

template <class Face, class Peer>
caf::actor introduce(caf::actor_system& system, channel stream, channel_side side, uint64_t connection,
                     const Face& face, const introduction_owner<Peer>& owner, std::chrono::milliseconds timeout,
                     const std::shared_ptr<reachable_actors>& within_reach) {
  auto broker = basp_broker(system);
  handover<Face, Peer> what{connection, face, owner, timeout};
  if (within_reach)
    within_reach->add(face.id());
  if (side == channel_side::client) {
    auto scribe = make_scribe(system, std::move(stream), within_reach);
    return system.spawn(visitor<Face, Peer>, broker, scribe, what);
  }
  auto published = caf::actor_cast<greeter_actor<Face, Peer>>(system.spawn(greeter<Face, Peer>, what));
  if (within_reach)
    within_reach->add(published.id());
  caf::anon_send(broker, caf::publish_atom::value, make_scribe(system, std::move(stream), within_reach), nominal_port,
                 caf::actor_cast<caf::strong_actor_ptr>(published), system.message_types(published));
  return caf::actor_cast<caf::actor>(published);
}

template caf::actor introduce(caf::actor_system&, channel, channel_side, uint64_t, const link_actor&,
                              const introduction_owner<link_actor>&, std::chrono::milliseconds,
                              const std::shared_ptr<reachable_actors>&);
template caf::actor introduce(caf::actor_system&, channel, channel_side, uint64_t, const engine_gate_actor&,
                              const introduction_owner<engine_presence_actor>&, std::chrono::milliseconds,
                              const std::shared_ptr<reachable_actors>&);
template caf::actor introduce(caf::actor_system&, channel, channel_side, uint64_t, const engine_presence_actor&,
                              const introduction_owner<engine_gate_actor>&, std::chrono::milliseconds,
                              const std::shared_ptr<reachable_actors>&);

} // namespace hive
