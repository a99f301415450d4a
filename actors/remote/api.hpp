#pragma once

// What processes may ask of each other: nodes over links, engines over their connections. These interfaces are also the
// list of message types that another process can make this one decode: see register_remote_messages.

#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct BestTool;
struct BestToolQuery;
struct EndSpawned;
struct Farewell;
struct FinishResearch;
struct GossipAnswer;
struct GossipQuestion;
struct MeasureRequest;
struct Measurement;
struct NodeList;
struct NodeQuery;
struct Ping;
struct Pong;
struct RecordTasks;
struct ResearchImprovement;
struct ResearchIteration;
struct ResearchReport;
struct ResearchSession;
struct Route;
struct RouteQuery;
struct SpawnAdapter;
struct SpawnRequest;
struct SpawnResearch;
struct SpawnTicket;
struct SpawnedEnded;
struct TasksRecorded;
} // namespace hive::wire

namespace hive {

/// Measures one thing. Every adapter is such an actor.
using adapter_actor = caf::typed_actor<
  // Measures `repeats` times and answers with metrics or with the reason why it was skipped; an error says why it
  // failed.
  caf::replies_to<msg<wire::MeasureRequest>>::with<msg<wire::Measurement>>>;

/// One running AutoResearch session. It takes one step at a time and ends when it is finished.
using research_session_actor = caf::typed_actor<
  // Counts an iteration and records it with the tracker; answers when both are durable. After an error of the tracker
  // the iteration is counted: repeat it with its idempotency key, or go on. ec::invalid for a step that cannot be.
  caf::replies_to<msg<wire::ResearchIteration>>::with<msg<wire::ResearchSession>>,
  // Counts an improvement; answers when it is durable. ec::invalid for one that is none.
  caf::replies_to<msg<wire::ResearchImprovement>>::with<msg<wire::ResearchSession>>,
  // Ends the session durably and publishes what the node learned.
  caf::replies_to<msg<wire::FinishResearch>>::with<msg<wire::ResearchReport>>>;

/// What the node at the other end of a link may ask. Every link has one at either end, so that it knows
/// who asks.
using link_actor = caf::typed_actor<
  // Answers with the ping's payload.
  caf::replies_to<msg<wire::Ping>>::with<msg<wire::Pong>>,
  // Answers a question of gossip and takes in what it brings. ec::overloaded while one is being answered,
  // ec::malformed.
  caf::replies_to<msg<wire::GossipQuestion>>::with<msg<wire::GossipAnswer>>,
  // Ends the link by agreement: neither end takes the other for gone.
  caf::reacts_to<msg<wire::Farewell>>>;

/// What an agent engine may ask of a node. Each connection of an engine has one, so that it knows who
/// asks. Beyond what the services say: ec::overloaded when too many requests of the connection are open.
using engine_session_actor = caf::typed_actor<
  // Answers with the ping's payload.
  caf::replies_to<msg<wire::Ping>>::with<msg<wire::Pong>>,
  // As the tracker does.
  caf::replies_to<msg<wire::RecordTasks>>::with<msg<wire::TasksRecorded>>,
  caf::replies_to<msg<wire::BestToolQuery>>::with<msg<wire::BestTool>>,
  caf::replies_to<msg<wire::RouteQuery>>::with<msg<wire::Route>>,
  // The nodes that this one knows of.
  caf::replies_to<msg<wire::NodeQuery>>::with<msg<wire::NodeList>>,
  // The right to spawn this, at the node that is named or chosen. ec::forbidden when this node does not allow it,
  // ec::not_found when there is no such node, ec::unavailable when it is not there.
  caf::replies_to<msg<wire::SpawnRequest>>::with<msg<wire::SpawnTicket>>,
  // Spawns with a ticket for this node. ec::forbidden (the ticket, the allow-list), ec::integrity_violated (forged),
  // ec::overloaded (the quota), each with the reason.
  caf::replies_to<msg<wire::SpawnAdapter>>::with<adapter_actor>,
  caf::replies_to<msg<wire::SpawnResearch>>::with<research_session_actor>,
  // Ends what the engine spawned on this node, over this connection or another. ec::not_found.
  caf::replies_to<msg<wire::EndSpawned>>::with<msg<wire::SpawnedEnded>>>;

/// The engine's end of its connection with a node: it is there, nothing more.
using engine_presence_actor = caf::typed_actor<caf::replies_to<msg<wire::Ping>>::with<msg<wire::Pong>>>;

} // namespace hive
