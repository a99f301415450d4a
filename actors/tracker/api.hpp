#pragma once

// The coding tracker and its AutoResearch sessions.

#include "actors/remote/api.hpp"
#include "actors/slot_topic.hpp"
#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct BestTool;
struct BestToolQuery;
struct DropDelta;
struct FinishResearch;
struct ForgetTaskSource;
struct LearningDelta;
struct LearningDeltaQuery;
struct PublishedDeltaQuery;
struct RecordTasks;
struct Recorded;
struct ResearchContext;
struct ResearchContextQuery;
struct ResearchImprovement;
struct ResearchIteration;
struct ResearchList;
struct ResearchListQuery;
struct ResearchQuery;
struct ResearchReport;
struct ResearchSession;
struct Route;
struct RouteQuery;
struct StartResearch;
struct TaskPage;
struct TaskQuery;
struct TaskSource;
struct TaskSourceList;
struct TaskSourceListQuery;
struct TaskSourceQuery;
struct TasksRecorded;
struct ToolSummary;
struct ToolSummaryQuery;
} // namespace hive::wire

namespace hive {

/// Knows which coding tool works best for what.
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

/// Keeps what this node learned, as it was handed over last.
using publisher_actor = caf::typed_actor<
  // Takes the node's newest delta in place of the one before; answers, when it is durable, with the number of its task
  // types.
  caf::replies_to<msg<wire::LearningDelta>>::with<msg<wire::Recorded>>,
  // The delta that was handed over last, or ec::no_data.
  caf::replies_to<msg<wire::PublishedDeltaQuery>>::with<msg<wire::LearningDelta>>>;

/// All AutoResearch sessions. Steps of a session fail with ec::not_found when there is none of that id,
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

} // namespace hive
