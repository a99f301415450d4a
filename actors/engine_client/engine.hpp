#pragma once

#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "messages/research.capnp.h"
#include "messages/tracker.capnp.h"

// The client library for agent engines written in C++: all that one needs is this header and the CMake target
// Hivemark::engine_client. docs/engines.md says how to build with it and how a node must be set up for it.

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/expected.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hive {

/// How an engine meets its node.
struct engine_options {
  /// ADDRESS:PORT of the node's door.
  std::string address;
  /// Directory with ca.pem, cert.pem and key.pem, as `hivectl node issue --role engine` makes them. Empty: without TLS,
  /// which only the loopback allows.
  std::filesystem::path tls = {};
  /// The engine's name where it has no certificate that says it; an id (see messages/ids.hpp).
  std::string name = "engine";
  /// Longest wait of each call below, for a connection and its answer together.
  std::chrono::milliseconds timeout{10'000};
  /// Adds the engine's own message types and options to its actor system.
  std::function<void(caf::actor_system_config&)> configure = [](caf::actor_system_config&) {};
};

/// Where to spawn: on one node, or on the least loaded of those that have all the labels.
struct spawn_place {
  node_id node = {};
  std::vector<std::string> labels = {};

  static spawn_place on(node_id which) {
    return {std::move(which), {}};
  }
  static spawn_place with(std::vector<std::string> labels) {
    return {{}, std::move(labels)};
  }
  static spawn_place best() {
    return {};
  }
};

/// What becomes of an actor when its engine's connection is lost. A node needs `stay_allowed` to let one stay.
enum class spawn_life { ends_with_engine, stays };

/// An actor that lives on a node for this engine.
template <class Handle>
struct spawned_actor {
  Handle actor;   ///< for requests with a finite timeout, from any actor of engine::system() and from blocking code
  std::string id; ///< for engine::end
  node_id node;   ///< where it lives
};

/// An agent engine's connection with the hive: with one node, which it asks everything, and with those where it has
/// spawned actors. It has an actor system of its own, since CAF allows one connection between two actor systems. All
/// functions may be called from any thread; they block, so not from an actor's handler, which uses `session` instead.
///
/// When a connection is lost, because of the network or the node, its handles are dead for good: who monitors one gets
/// a down message with exit_reason::remote_link_unreachable, and requests run into their timeouts. The next call makes
/// a new connection. What was spawned has ended on the node unless it stays; spawn it anew. A call that was under way
/// fails with ec::outcome_unknown: whether it was done is not known.
///
/// The first connection makes the process ignore SIGPIPE, if it does nothing else with it.
class engine {
public:
  /// Connects with the node. ec::invalid for options, errors of the certificates that name the file, ec::unavailable or
  /// ec::timed_out when nobody answers, or what the node says.
  static caf::expected<engine> connect(engine_options options);

  engine(engine&&) noexcept;
  engine& operator=(engine&&) noexcept;
  /// Ends the connections, and with them what was spawned; then waits for the actors of `system`.
  ~engine();

  /// The node that the engine is connected with.
  const node_id& node() const;

  /// The engine's own actor system, in which handles are used.
  caf::actor_system& system();

  /// What the node may be asked by actors.
  caf::expected<engine_session_actor> session();

  /// Answers when the records are durable.
  caf::expected<msg<wire::TasksRecorded>> record(const msg<wire::RecordTasks>& tasks);
  /// ec::no_data when none qualifies.
  caf::expected<msg<wire::BestTool>> best_tool(const std::string& task_type,
                                               wire::ToolScope scope = wire::ToolScope::LOCAL);
  caf::expected<msg<wire::Route>> route(const msg<wire::RouteQuery>& query);
  /// The nodes of the hive.
  caf::expected<msg<wire::NodeList>> nodes();

  /// Spawns an adapter that measures by running this command. Fails as engine_session_actor says, with the reason.
  caf::expected<spawned_actor<adapter_actor>> spawn(const msg<wire::CommandSpec>& what, const spawn_place& where,
                                                    spawn_life life = spawn_life::ends_with_engine);
  /// Begins a research session. Its steps carry the session's id, which must be given. A session that ends with its
  /// engine is finished.
  caf::expected<spawned_actor<research_session_actor>>
  spawn(const msg<wire::StartResearch>& what, const spawn_place& where, spawn_life life = spawn_life::ends_with_engine);

  /// Ends an actor that an engine of this name has spawned on this node. ec::not_found.
  caf::error end(const node_id& node, const std::string& id);

private:
  struct impl;
  explicit engine(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace hive
