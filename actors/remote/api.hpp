#pragma once

// Interfaces between processes: nodes over links, engines over their connections. They also define which message types
// a peer can make this process decode: see register_remote_messages.

#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct AddRuns;
struct AddSpans;
struct Agent;
struct AgentExplanation;
struct AgentInputStored;
struct AgentQuery;
struct AgentTrend;
struct AgentValidation;
struct Baseline;
struct BaselineComparison;
struct BaselineList;
struct BaselineListQuery;
struct BaselineQuery;
struct BestTool;
struct BestToolQuery;
struct CaptureBaseline;
struct CaptureOutcome;
struct CompareBaselines;
struct EndSpawned;
struct ExplainQuery;
struct Farewell;
struct FinishResearch;
struct GossipAnswer;
struct GossipQuestion;
struct GpuList;
struct GpuQuery;
struct Install;
struct InstallThere;
struct Lease;
struct LeaseQuery;
struct LeaseRevoked;
struct MeasureRequest;
struct Measurement;
struct NodeList;
struct NodeQuery;
struct Ping;
struct Pong;
struct PutPrompt;
struct PutRecipe;
struct PutTrust;
struct RecordTasks;
struct ReleaseLease;
struct RenewLease;
struct RequestLease;
struct ResearchImprovement;
struct ResearchIteration;
struct ResearchReport;
struct ResearchSession;
struct Route;
struct RouteQuery;
struct SetActive;
struct SpawnAdapter;
struct SpawnRequest;
struct SpawnResearch;
struct SpawnTicket;
struct SpawnedEnded;
struct TasksRecorded;
struct TrendQuery;
struct ValidateAgent;
} // namespace hive::wire

namespace hive {

/// Interface of all adapters: measures one thing.
using adapter_actor = caf::typed_actor<
  // Measures `repeats` times and answers with metrics or the reason for skipping; an error when it failed.
  caf::replies_to<msg<wire::MeasureRequest>>::with<msg<wire::Measurement>>>;

/// A running AutoResearch session. Handles one step at a time and ends when finished.
using research_session_actor = caf::typed_actor<
  // Counts an iteration and records it with the tracker; answers when both are durable. After an error of the tracker
  // the iteration has been counted: either repeat it with its idempotency key, or continue. ec::invalid for an invalid
  // step.
  caf::replies_to<msg<wire::ResearchIteration>>::with<msg<wire::ResearchSession>>,
  // Counts an improvement; answers when it is durable. ec::invalid for an invalid one.
  caf::replies_to<msg<wire::ResearchImprovement>>::with<msg<wire::ResearchSession>>,
  // Ends the session durably and publishes what the node has learned.
  caf::replies_to<msg<wire::FinishResearch>>::with<msg<wire::ResearchReport>>>;

/// Requests to a node over a link. Each end of a link has its own such actor, so the actor knows who
/// sent a request.
using link_actor = caf::typed_actor<
  // Answers with the ping's payload.
  caf::replies_to<msg<wire::Ping>>::with<msg<wire::Pong>>,
  // Answers a gossip question and joins its delta. ec::overloaded while another question is being answered;
  // ec::malformed for an invalid question.
  caf::replies_to<msg<wire::GossipQuestion>>::with<msg<wire::GossipAnswer>>,
  // Goodbye: closes the link by agreement, so neither end suspects the other.
  caf::reacts_to<msg<wire::Farewell>>>;

/// Requests to spawn that a node makes over a link for the engines that it serves over HTTP. The actor of the link
/// serves them too; nodes of earlier versions refuse them with ec::malformed.
using spawning_link_actor = caf::typed_actor<
  // Spawns with a ticket of the asking node. Errors as for engine_session_actor; ec::unavailable while the node spawns
  // nothing.
  caf::replies_to<msg<wire::SpawnAdapter>>::with<adapter_actor>,
  caf::replies_to<msg<wire::SpawnResearch>>::with<research_session_actor>,
  // Installs a benchmark from git, for a ticket of the asking node. Errors as for engine_session_actor.
  caf::replies_to<msg<wire::InstallThere>>::with<msg<wire::Install>>,
  // Ends what the named engine has spawned, also over an earlier link. ec::not_found.
  caf::replies_to<msg<wire::EndSpawned>>::with<msg<wire::SpawnedEnded>>>;

/// Requests of an agent engine to a node. Each connection has one such actor, which thereby knows the sender. In
/// addition to the errors of the services: ec::overloaded when too many requests of the connection are pending.
using engine_session_actor = caf::typed_actor<
  // Answers with the ping's payload.
  caf::replies_to<msg<wire::Ping>>::with<msg<wire::Pong>>,
  // Forwarded to the tracker.
  caf::replies_to<msg<wire::RecordTasks>>::with<msg<wire::TasksRecorded>>,
  caf::replies_to<msg<wire::BestToolQuery>>::with<msg<wire::BestTool>>,
  caf::replies_to<msg<wire::RouteQuery>>::with<msg<wire::Route>>,
  // Forwarded to the node's agents: inputs, captures and questions. An engine can not accept or pin anything.
  caf::replies_to<msg<wire::PutRecipe>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::PutTrust>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::PutPrompt>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::SetActive>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::AddSpans>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::AddRuns>>::with<msg<wire::AgentInputStored>>,
  caf::replies_to<msg<wire::CaptureBaseline>>::with<msg<wire::CaptureOutcome>>,
  caf::replies_to<msg<wire::BaselineQuery>>::with<msg<wire::Baseline>>,
  caf::replies_to<msg<wire::BaselineListQuery>>::with<msg<wire::BaselineList>>,
  caf::replies_to<msg<wire::CompareBaselines>>::with<msg<wire::BaselineComparison>>,
  caf::replies_to<msg<wire::TrendQuery>>::with<msg<wire::AgentTrend>>,
  caf::replies_to<msg<wire::ValidateAgent>>::with<msg<wire::AgentValidation>>,
  caf::replies_to<msg<wire::ExplainQuery>>::with<msg<wire::AgentExplanation>>,
  caf::replies_to<msg<wire::AgentQuery>>::with<msg<wire::Agent>>,
  // All nodes that this node knows.
  caf::replies_to<msg<wire::NodeQuery>>::with<msg<wire::NodeList>>,
  // The GPUs of this node, with what is free.
  caf::replies_to<msg<wire::GpuQuery>>::with<msg<wire::GpuList>>,
  // Leases of them. The engine is their holder, and they end with this connection. Answers with a lease that is active
  // or has ended, however long it waits; unless it is to wait, with one that is queued, which the same request with the
  // same key waits for. ec::unsupported when no device of this node can ever satisfy it, ec::overloaded, ec::conflict
  // when its key belongs to a request for something else, ec::forbidden when it names a process.
  caf::replies_to<msg<wire::RequestLease>>::with<msg<wire::Lease>>,
  // ec::not_found.
  caf::replies_to<msg<wire::LeaseQuery>>::with<msg<wire::Lease>>,
  // Extends a lease. ec::conflict when it is being taken away, ec::not_found when it has ended, ec::forbidden for
  // another token or when it names a process.
  caf::replies_to<msg<wire::RenewLease>>::with<msg<wire::Lease>>,
  // Gives a lease back, or withdraws a request. ec::forbidden without its token or key, ec::conflict, ec::not_found.
  caf::replies_to<msg<wire::ReleaseLease>>::with<msg<wire::Lease>>,
  // Issues a ticket to spawn the requested actor on the node named in the request, or on one chosen here. ec::forbidden
  // when this node does not allow it, ec::not_found when there is no such node, ec::unavailable when that node is not
  // active.
  caf::replies_to<msg<wire::SpawnRequest>>::with<msg<wire::SpawnTicket>>,
  // Spawns with a ticket for this node. ec::forbidden (ticket or policy), ec::integrity_violated (forged),
  // ec::overloaded (quota), each with the reason.
  caf::replies_to<msg<wire::SpawnAdapter>>::with<adapter_actor>,
  caf::replies_to<msg<wire::SpawnResearch>>::with<research_session_actor>,
  // Installs a benchmark from git with a ticket for this node; it stays. Answers when it is installed, or when the
  // install has begun, as the request says. In addition to the errors of a ticket: those of an install.
  caf::replies_to<msg<wire::InstallThere>>::with<msg<wire::Install>>,
  // Ends an actor that the engine has spawned on this node, over any connection. ec::not_found when there is no such
  // actor.
  caf::replies_to<msg<wire::EndSpawned>>::with<msg<wire::SpawnedEnded>>>;

/// The engine's end of its connection with a node: shows that the engine is alive.
using engine_presence_actor = caf::typed_actor<
  // Answers with the ping's payload.
  caf::replies_to<msg<wire::Ping>>::with<msg<wire::Pong>>,
  // A lease that the engine has over this connection is being taken away, or has ended.
  caf::reacts_to<msg<wire::LeaseRevoked>>>;

} // namespace hive
