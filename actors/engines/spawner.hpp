#pragma once

#include "actors/engines/placement.hpp"
#include "actors/engines/spawn_ledger.hpp"
#include "actors/engines/spawn_policy.hpp"
#include "actors/engines/ticket.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/remote/api.hpp"
#include "actors/tracker/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "platform/rate_limiter.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace hive {

/// An engine and its connection.
struct engine_caller {
  engine_id engine;
  connection_id connection;
};

/// internal: a request with the identity of the engine, which its session adds.
template <class Request>
struct engine_request {
  engine_caller caller;
  msg<Request> request;
};

/// internal: requests of sessions. What an engine has spawned over a session ends with the session.
using spawner_actor =
  caf::typed_actor<caf::replies_to<engine_request<wire::SpawnRequest>>::with<msg<wire::SpawnTicket>>,
                   caf::replies_to<engine_request<wire::SpawnAdapter>>::with<adapter_actor>,
                   caf::replies_to<engine_request<wire::SpawnResearch>>::with<research_session_actor>,
                   caf::replies_to<engine_request<wire::EndSpawned>>::with<msg<wire::SpawnedEnded>>>;

/// Creates the adapter that runs a command.
using adapter_factory = std::function<adapter_actor(const msg<wire::CommandSpec>&)>;

/// Services the spawner depends on.
struct spawner_services {
  hive_view_actor hive;
  adapter_factory make_adapter;
  research_actor research;
};

struct spawner_options {
  key_pair keys; ///< of this node
  spawn_policy policy;
  /// First spawner in the first epoch of this node. A later one may be shown tickets that were used before it started.
  bool is_first = true;
};

using load_atom = caf::atom_constant<caf::atom("load")>;
using spawner_self = spawner_actor::extend<caf::reacts_to<load_atom>>;

/// Issues tickets and spawns actors for them; ends these actors when their engine is gone, and enforces the quotas.
class spawner_state {
public:
  using pointer = spawner_self::stateful_pointer<spawner_state>;
  static inline const char* name = "spawner";

  spawner_state() = default;
  spawner_state(const spawner_state&) = delete;
  spawner_state& operator=(const spawner_state&) = delete;
  /// Ends all spawned actors.
  ~spawner_state();

  void init(pointer self, spawner_services services, spawner_options options);

  caf::result<msg<wire::SpawnTicket>> issue(const engine_request<wire::SpawnRequest>& asked);
  caf::result<adapter_actor> spawn(const engine_request<wire::SpawnAdapter>& asked);
  caf::result<research_session_actor> spawn(const engine_request<wire::SpawnResearch>& asked);
  caf::result<msg<wire::SpawnedEnded>> end(const engine_request<wire::EndSpawned>& asked);
  void on_down(const caf::actor_addr& ended);
  void publish_load();

private:
  /// A live actor.
  struct spawned {
    caf::actor actor;
    std::string research; ///< research session to finish when it ends; empty for none
  };

  using node_list = msg<wire::NodeList>;
  using admitted = std::function<void(caf::expected<spawn_entry>)>;

  /// Requests one node, or all if `node` is empty; an unknown id gives an empty list.
  void look_up(std::string_view node, std::function<void(const caf::expected<node_list>&)> then);
  /// Checks the ticket and the policy. On success the new actor counts in the ledger.
  void admit(const engine_caller& caller, wire::SpawnTicket::Reader ticket, wire::SpawnSpec::Reader spec,
             admitted then);
  caf::expected<spawn_entry> judge(const engine_caller& caller, const ticket_claims& ticket,
                                   wire::SpawnSpec::Reader spec, wire::NodeList::Reader nodes);
  /// Logs the error and returns it.
  caf::error refuse(const engine_caller& caller, caf::error why);
  /// Monitors the session that sent the current request, to notice the end of its connection.
  void watch(connection_id connection);
  void keep(const spawn_entry& entry, spawned what);
  void forget(const std::string& id);
  void load_changed();

  pointer self_ = nullptr;
  spawner_services services_;
  spawner_options options_;
  node_id own_id_;
  placement placement_;
  used_tickets used_{defaults::max_used_tickets};
  spawn_ledger ledger_{0, 0};
  std::map<std::string, spawned> spawned_;
  std::map<caf::actor_addr, connection_id> sessions_;
  bool load_pending_ = false;
  rate_limiter budget_{std::chrono::steady_clock::now(), defaults::refusal_log_burst, defaults::refusal_log_per_s};
};

spawner_self::behavior_type spawner(spawner_state::pointer self, spawner_services services, spawner_options options);

} // namespace hive

template <class Request>
struct caf::allowed_unsafe_message_type<hive::engine_request<Request>> : std::true_type {};
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::spawner_services)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::spawner_options)
