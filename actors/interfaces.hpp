#pragma once

// Every typed interface of a node: who can be told what, and what comes back. An actor fails a request with an error
// of category hive (messages/ec.hpp), whose text names the offending thing.

#include "actors/slot_topic.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"
#include "messages/node.capnp.h"
#include "messages/research.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "messages/upgrade.capnp.h"
#include "storage/write_set.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive {

/// The committer's answer: the writes are on disk.
struct committed {};

/// actors/store: the only writer of the database.
using committer_actor = caf::typed_actor<
  // Makes the writes durable together, then answers. ec::overloaded: nothing was written, try later;
  // ec::storage_failed: nothing was written and the store takes no more.
  caf::replies_to<write_set>::with<committed>>;

/// actors/benchmark: runs child processes.
using runner_actor = caf::typed_actor<
  // Runs one process to its end or its timeout and answers with what it printed. ec::process_failed when it cannot be
  // started, ec::overloaded when too many wait.
  caf::replies_to<msg<wire::RunCommand>>::with<msg<wire::RunResult>>>;

/// actors/benchmark: measures one thing. Every adapter is such an actor.
using adapter_actor = caf::typed_actor<
  // Measures `repeats` times and answers with metrics or with the reason why it was skipped; an error says why it
  // failed.
  caf::replies_to<msg<wire::MeasureRequest>>::with<msg<wire::Measurement>>>;

/// actors/benchmark: keeps what engines push for the fast adapters.
using inputs_actor = caf::typed_actor<
  // Appends observations of a model; the newest 100 are kept. Answers after they are durable.
  caf::replies_to<msg<wire::ObserveModel>>::with<msg<wire::Recorded>>,
  // Replaces the world model's counters. Answers after they are durable.
  caf::replies_to<msg<wire::WorldModelStats>>::with<msg<wire::Recorded>>>;

/// actors/benchmark: knows the adapters, captures snapshots, keeps them.
using registry_actor = caf::typed_actor<
  // Captures a version: all adapters of the tier at once; answers when the snapshot is durable. ec::busy while a
  // capture of this version runs, ec::overloaded when too many run.
  caf::replies_to<msg<wire::CaptureRequest>>::with<msg<wire::Snapshot>>,
  // The same, but answers as soon as the capture runs.
  caf::replies_to<msg<wire::StartCapture>>::with<msg<wire::CaptureAccepted>>,
  // Keeps a snapshot that was captured elsewhere; answers when it is durable.
  caf::replies_to<msg<wire::ImportSnapshot>>::with<msg<wire::Snapshot>>,
  // The latest capture of a version, or ec::not_found, which says when the first one is running.
  caf::replies_to<msg<wire::SnapshotQuery>>::with<msg<wire::Snapshot>>,
  // Versions in byte order, each with its latest capture.
  caf::replies_to<msg<wire::PageQuery>>::with<msg<wire::SnapshotList>>,
  // The captures of a version, oldest first, and the one that runs; ec::not_found when there is neither.
  caf::replies_to<msg<wire::CaptureListQuery>>::with<msg<wire::CaptureList>>,
  // One capture of a version, or ec::not_found.
  caf::replies_to<msg<wire::CaptureQuery>>::with<msg<wire::Snapshot>>,
  // Deletes a capture durably, with its points in the histories of metrics. ec::not_found; ec::busy while a capture of
  // this version runs.
  caf::replies_to<msg<wire::DeleteCapture>>::with<msg<wire::CaptureDeleted>>,
  // The newest value of every metric.
  caf::replies_to<msg<wire::LatestResultsQuery>>::with<msg<wire::LatestResults>>,
  // All adapters, built in and registered.
  caf::replies_to<msg<wire::BenchmarkQuery>>::with<msg<wire::BenchmarkList>>,
  // Registers a command as adapter, durably. ec::already_exists for a name in use.
  caf::replies_to<msg<wire::CommandSpec>>::with<msg<wire::BenchmarkInfo>>,
  // Removes a registered adapter. ec::not_found; ec::forbidden for a built-in one.
  caf::replies_to<msg<wire::BenchmarkName>>::with<msg<wire::BenchmarkInfo>>,
  // Publishes the newest results, and every change of them.
  caf::reacts_to<sharing_started>>;

/// actors/tracker: knows which coding tool works best for what.
using tracker_actor = caf::typed_actor<
  // Makes the records durable, then answers with how many, and which were left out and why. ec::overloaded when too
  // many wait for the disk: nothing of the message was kept. ec::storage_failed likewise, and
  // ec::conflict when the last row taken of the message's source is another than it says.
  caf::replies_to<msg<wire::RecordTasks>>::with<msg<wire::TasksRecorded>>,
  // How far a source of records has been taken, once that is durable. A node's own records are a source of its id.
  caf::replies_to<msg<wire::TaskSourceQuery>>::with<msg<wire::TaskSource>>,
  // All sources of which rows were taken.
  caf::replies_to<msg<wire::TaskSourceListQuery>>::with<msg<wire::TaskSourceList>>,
  // Forgets a source; ec::not_found when nothing of it was taken.
  caf::replies_to<msg<wire::ForgetTaskSource>>::with<msg<wire::TaskSource>>,
  // The best tool for a task type, or ec::no_data. Counts records that are still on their way to the disk.
  caf::replies_to<msg<wire::BestToolQuery>>::with<msg<wire::BestTool>>,
  // The tool to use for a task, with the reason, or ec::no_data when nothing names one.
  caf::replies_to<msg<wire::RouteQuery>>::with<msg<wire::Route>>,
  // Figures of every tool, over all task types and by task type.
  caf::replies_to<msg<wire::ToolSummaryQuery>>::with<msg<wire::ToolSummary>>,
  // What this node learned, for the other nodes, or what those said in sum. ec::no_data while that is nothing.
  caf::replies_to<msg<wire::LearningDeltaQuery>>::with<msg<wire::LearningDelta>>,
  // Replaces what another node said before, or, without an origin, what was said without one of the same task types;
  // answers, when it is durable, with the number of tools that the delta names. ec::invalid for
  // impossible sums and for a delta of this node itself, ec::conflict for one of a node of the hive, which publishes
  // its tools itself and thereby replaces such a delta.
  caf::replies_to<msg<wire::LearningDelta>>::with<msg<wire::Recorded>>,
  // Drops such a delta; ec::not_found when there is none of that node.
  caf::replies_to<msg<wire::DropDelta>>::with<msg<wire::DropDelta>>,
  // What a node of this hive published of its tools replaces what it published before; not kept over a restart.
  caf::reacts_to<slots_accepted>, caf::reacts_to<slots_withdrawn>,
  // Publishes this node's tools, and every change of them.
  caf::reacts_to<sharing_started>,
  // Records, latest recorded first. ec::overloaded while too many such questions are being answered.
  caf::replies_to<msg<wire::TaskQuery>>::with<msg<wire::TaskPage>>>;

/// actors/tracker: keeps what this node learned, as it was handed over last.
using publisher_actor = caf::typed_actor<
  // Takes the node's newest delta in place of the one before; answers, when it is durable, with the number of its task
  // types.
  caf::replies_to<msg<wire::LearningDelta>>::with<msg<wire::Recorded>>,
  // The delta that was handed over last, or ec::no_data.
  caf::replies_to<msg<wire::PublishedDeltaQuery>>::with<msg<wire::LearningDelta>>>;

/// actors/tracker: one running AutoResearch session. It takes one step at a time and ends when it is finished.
using research_session_actor = caf::typed_actor<
  // Counts an iteration and records it with the tracker; answers when both are durable. After an error of the tracker
  // the iteration is counted: repeat it with its idempotency key, or go on. ec::invalid for a step that cannot be.
  caf::replies_to<msg<wire::ResearchIteration>>::with<msg<wire::ResearchSession>>,
  // Counts an improvement; answers when it is durable. ec::invalid for one that is none.
  caf::replies_to<msg<wire::ResearchImprovement>>::with<msg<wire::ResearchSession>>,
  // Ends the session durably and publishes what the node learned.
  caf::replies_to<msg<wire::FinishResearch>>::with<msg<wire::ResearchReport>>>;

/// actors/tracker: all AutoResearch sessions. Steps of a session fail with ec::not_found when there is none of that id,
/// otherwise as its actor says.
using research_actor = caf::typed_actor<
  // Begins a session, durably. ec::already_exists for an id in use, ec::overloaded when too many run.
  caf::replies_to<msg<wire::StartResearch>>::with<msg<wire::ResearchSession>>,
  caf::replies_to<msg<wire::ResearchIteration>>::with<msg<wire::ResearchSession>>,
  caf::replies_to<msg<wire::ResearchImprovement>>::with<msg<wire::ResearchSession>>,
  // Finishing a finished session answers with its report once more.
  caf::replies_to<msg<wire::FinishResearch>>::with<msg<wire::ResearchReport>>,
  // One session, or ec::not_found.
  caf::replies_to<msg<wire::ResearchQuery>>::with<msg<wire::ResearchSession>>,
  // Sessions by id, running and finished.
  caf::replies_to<msg<wire::ResearchListQuery>>::with<msg<wire::ResearchList>>,
  // What the next hypothesis can build on, or ec::not_found.
  caf::replies_to<msg<wire::ResearchContextQuery>>::with<msg<wire::ResearchContext>>>;

/// actors/upgrade: compares two versions on this node.
using upgrade_checker_actor = caf::typed_actor<
  // Judges whether `new` may replace `old`, from the stored snapshots.
  caf::replies_to<msg<wire::UpgradeQuery>>::with<msg<wire::UpgradeCheck>>>;

/// actors/hive: what the node at the other end of a link may ask. Every link has one at either end, so that it knows
/// who asks.
using link_actor = caf::typed_actor<
  // Answers with the ping's payload.
  caf::replies_to<msg<wire::Ping>>::with<msg<wire::Pong>>,
  // Answers a question of gossip and takes in what it brings. ec::overloaded while one is being answered,
  // ec::malformed.
  caf::replies_to<msg<wire::GossipQuestion>>::with<msg<wire::GossipAnswer>>,
  // Ends the link by agreement: neither end takes the other for gone.
  caf::reacts_to<msg<wire::Farewell>>>;

/// A node that the door knows of from elsewhere than its own links.
struct meet_node {
  node_id node;
  std::string address; ///< ADDRESS:PORT of its door
};

/// A node that may not know that a link is wanted.
struct dial_node {
  node_id node;
  std::string address; ///< ADDRESS:PORT of its door
};

/// A node with which no link is wanted any more.
struct part_node {
  node_id node;
  bool was_asked = false; ///< by that node's farewell; otherwise this node says farewell
  /// Another node lives on its certificate: the link is closed at once.
  std::optional<node_id> superseded_by = {};
};

/// actors/hive: finds other nodes, checks who they are and keeps at most one link with each.
using door_actor = caf::typed_actor<
  // Links with this node, now and whenever the link is lost, if it is this node that dials: the one with the lower id.
  caf::reacts_to<meet_node>,
  // Links with this node now, whichever id is lower, but dials only once.
  caf::reacts_to<dial_node>,
  // Ends the link, if there is one, and dials the node no more until told so, or until no link at all is left.
  caf::reacts_to<part_node>>;

/// The door is open: `self` is how this node introduces itself.
struct door_opened {
  door_actor door;
  msg<wire::Hello> self;
};

/// A node whose handshake has been verified. `holder` is the fingerprint of its certificate's key; empty without TLS.
struct link_candidate {
  node_id node;
  std::string holder;
  int64_t card_written_at = 0; ///< as its card says
};

/// A link with this node is being made.
struct link_offer {
  node_id node;
  msg<wire::Hello> hello;
  std::string holder = {}; ///< see link_candidate
};

/// A link stands: requests to `peer` go to the other node. They need a finite timeout.
struct link_up {
  node_id node;
  msg<wire::Hello> hello;
  link_actor peer;
};

/// The link is lost; its handle stays dead, also when the node comes back.
struct link_down {
  node_id node;
  std::string reason;
  bool agreed = false; ///< one of the two said farewell
};

/// A dial_node came to nothing, and nobody said who he is.
struct dial_failed {
  node_id node;
  std::string reason;
};

/// Whoever uses the links. For each node it is told in turn of up and down, never of two ups.
using link_owner_actor =
  caf::typed_actor<caf::reacts_to<door_opened>,
                   // Whether a link with this node may be made. ec::conflict when another node lives on its
                   // certificate.
                   caf::replies_to<link_candidate>::with<caf::ok_atom>,
                   // Answers with what shall serve that node's requests; it is told to exit when the link is lost.
                   caf::replies_to<link_offer>::with<link_actor>, //
                   caf::reacts_to<link_up>, caf::reacts_to<link_down>, caf::reacts_to<dial_failed>>;

/// The part of the federation used for placement: membership and load.
using hive_view_actor = slot_publisher_actor::extend<
  // This node and all that it knows of, or one of them; ec::not_found.
  caf::replies_to<msg<wire::NodeQuery>>::with<msg<wire::NodeList>>>;

/// actors/hive: the state of the hive as this node has it, and the owner of its links.
using federation_actor = link_owner_actor::extend_with<hive_view_actor>::extend<
  // How far the nodes agree.
  caf::replies_to<msg<wire::HiveStatusQuery>>::with<msg<wire::HiveStatus>>>;

/// actors/hive: what an agent engine may ask of a node. Each connection of an engine has one, so that it knows who
/// asks. Beyond what the services say: ec::overloaded when too many requests of the connection are open.
using engine_gate_actor = caf::typed_actor<
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

/// actors/engine: the engine's end of its connection with a node: it is there, nothing more.
using engine_presence_actor = caf::typed_actor<caf::replies_to<msg<wire::Ping>>::with<msg<wire::Pong>>>;

} // namespace hive

// Local to a process by design: nobody commits to another node's store.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::write_set)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::committed)
// The door and its owner are parts of one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::meet_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::dial_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::part_node)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::door_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_candidate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_offer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::link_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::dial_failed)
