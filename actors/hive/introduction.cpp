#include "actors/hive/introduction.hpp"

#include "actors/hive/channel_scribe.hpp"
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
struct handover {
  uint64_t connection = 0;
  link_actor face;
  introduction_owner_actor owner;
  std::chrono::milliseconds timeout;
};

template <class Self>
void finish(Self* self, const handover& what, caf::expected<link_actor> peer) {
  self->send(what.owner, introduced{what.connection, std::move(peer)});
  self->quit();
}

/// The end of a link that came over a connection must lie at the connection's other end.
caf::expected<link_actor> checked(const link_actor& peer, const caf::node_id& there) {
  if (!peer || peer.node() != there)
    return fail(ec::integrity_violated, "it introduced an actor that is not its own");
  return peer;
}

// internal: greeter_actor with its timeout.
using greeter_impl = greeter_actor::extend<caf::reacts_to<overdue_atom>>;

greeter_impl::behavior_type greeter(greeter_impl::pointer self, const handover& what) {
  self->delayed_send(self, what.timeout, overdue_atom::value);
  return {
    [self, what](const link_actor& peer) {
      auto& sender = self->current_sender();
      finish(self, what, checked(peer, sender ? sender->node() : caf::node_id{}));
      return what.face;
    },
    [self, what](overdue_atom) { finish(self, what, fail(ec::timed_out, "it did not introduce itself in time")); }};
}

/// Dialled: asks the greeter at the other end.
void visitor(caf::event_based_actor* self, const caf::actor& broker, const caf::io::scribe_ptr& scribe,
             const handover& what) {
  auto give_up = [self, what](const caf::error& err) { finish(self, what, err); };
  self->request(broker, what.timeout, caf::connect_atom::value, scribe, nominal_port)
    .then(
      [self, what, give_up](const caf::node_id& there, const caf::strong_actor_ptr& greeter,
                            const interface_names& offered) {
        auto expected = self->system().message_types(greeter_actor{});
        if (!greeter || !std::includes(offered.begin(), offered.end(), expected.begin(), expected.end())) {
          give_up(fail(ec::malformed, "it publishes no greeter"));
          return;
        }
        self->request(caf::actor_cast<greeter_actor>(greeter), what.timeout, what.face)
          .then([self, what, there](const link_actor& peer) { finish(self, what, checked(peer, there)); }, give_up);
      },
      give_up);
}

} // namespace

caf::actor introduce(caf::actor_system& system, channel stream, channel_side side, uint64_t connection,
                     const link_actor& face, const introduction_owner_actor& owner, std::chrono::milliseconds timeout) {
  auto broker = basp_broker(system);
  auto scribe = make_scribe(system, std::move(stream));
  handover what{connection, face, owner, timeout};
  if (side == channel_side::client)
    return system.spawn(visitor, broker, scribe, what);
  auto published = caf::actor_cast<greeter_actor>(system.spawn(greeter, what));
  caf::anon_send(broker, caf::publish_atom::value, scribe, nominal_port,
                 caf::actor_cast<caf::strong_actor_ptr>(published), system.message_types(published));
  return caf::actor_cast<caf::actor>(published);
}

} // namespace hive
