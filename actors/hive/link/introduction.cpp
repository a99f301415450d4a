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

/// Port under which CAF registers the actor published over an accepted connection. CAF sends the actor to the peer at
/// once and never looks it up again, so all connections share one number.
constexpr uint16_t nominal_port = 1;

caf::actor basp_broker(caf::actor_system& system) {
  return system.middleman().named_broker<caf::io::basp_broker>(caf::atom("BASP"));
}

/// State of one introduction, kept by the actor that runs it.
template <class Local, class Remote>
struct handover {
  uint64_t connection = 0;
  Local local;
  introduction_owner<Remote> owner;
  std::chrono::milliseconds timeout;
};

template <class Self, class Local, class Remote>
void finish(Self* self, const handover<Local, Remote>& what, caf::expected<Remote> peer) {
  self->send(what.owner, introduced<Remote>{what.connection, std::move(peer)});
  self->quit();
}

/// The received actor must live in the peer's process.
template <class Remote>
caf::expected<Remote> checked(const Remote& peer, const caf::node_id& there) {
  if (!peer || peer.node() != there)
    return fail(ec::integrity_violated, "it introduced an actor that is not its own");
  return peer;
}

template <class Local, class Remote>
using introducer_impl = typename introducer_actor<Local, Remote>::template extend<caf::reacts_to<overdue_atom>>;

template <class Local, class Remote>
typename introducer_impl<Local, Remote>::behavior_type introducer(typename introducer_impl<Local, Remote>::pointer self,
                                                                  const handover<Local, Remote>& what) {
  self->delayed_send(self, what.timeout, overdue_atom::value);
  return {[self, what](const Remote& peer) {
            auto& sender = self->current_sender();
            finish(self, what, checked(peer, sender ? sender->node() : caf::node_id{}));
            return what.local;
          },
          [self, what](overdue_atom) {
            finish(self, what, caf::expected<Remote>{fail(ec::timed_out, "it did not introduce itself in time")});
          }};
}

/// Runs at the dialling end: sends its own actor to the introducer at the accepting end, whose Local is Remote here and
/// vice versa.
template <class Local, class Remote>
void introduction_client(caf::event_based_actor* self, const caf::actor& broker, const caf::io::scribe_ptr& scribe,
                         const handover<Local, Remote>& what) {
  using remote_introducer = introducer_actor<Remote, Local>;
  auto give_up = [self, what](const caf::error& err) { finish(self, what, caf::expected<Remote>{err}); };
  self->request(broker, what.timeout, caf::connect_atom::value, scribe, nominal_port)
    .then(
      [self, what, give_up](const caf::node_id& there, const caf::strong_actor_ptr& introducer,
                            const interface_names& offered) {
        auto expected = self->system().message_types(remote_introducer{});
        if (!introducer || !std::includes(offered.begin(), offered.end(), expected.begin(), expected.end())) {
          give_up(fail(ec::malformed, "it publishes no introducer"));
          return;
        }
        self->request(caf::actor_cast<remote_introducer>(introducer), what.timeout, what.local)
          .then([self, what, there](const Remote& peer) { finish(self, what, checked(peer, there)); }, give_up);
      },
      give_up);
}

} // namespace

template <class Local, class Remote>
caf::actor introduce(caf::actor_system& system, channel stream, channel_side side, uint64_t connection,
                     const Local& local, const introduction_owner<Remote>& owner, std::chrono::milliseconds timeout,
                     const std::shared_ptr<actor_allowlist>& allowlist) {
  auto broker = basp_broker(system);
  handover<Local, Remote> what{connection, local, owner, timeout};
  if (allowlist)
    allowlist->add(local.id());
  if (side == channel_side::client) {
    auto scribe = make_scribe(system, std::move(stream), allowlist);
    return system.spawn(introduction_client<Local, Remote>, broker, scribe, what);
  }
  auto published = caf::actor_cast<introducer_actor<Local, Remote>>(system.spawn(introducer<Local, Remote>, what));
  if (allowlist)
    allowlist->add(published.id());
  caf::anon_send(broker, caf::publish_atom::value, make_scribe(system, std::move(stream), allowlist), nominal_port,
                 caf::actor_cast<caf::strong_actor_ptr>(published), system.message_types(published));
  return caf::actor_cast<caf::actor>(published);
}

template caf::actor introduce(caf::actor_system&, channel, channel_side, uint64_t, const link_actor&,
                              const introduction_owner<link_actor>&, std::chrono::milliseconds,
                              const std::shared_ptr<actor_allowlist>&);
template caf::actor introduce(caf::actor_system&, channel, channel_side, uint64_t, const engine_session_actor&,
                              const introduction_owner<engine_presence_actor>&, std::chrono::milliseconds,
                              const std::shared_ptr<actor_allowlist>&);
template caf::actor introduce(caf::actor_system&, channel, channel_side, uint64_t, const engine_presence_actor&,
                              const introduction_owner<engine_session_actor>&, std::chrono::milliseconds,
                              const std::shared_ptr<actor_allowlist>&);

} // namespace hive
