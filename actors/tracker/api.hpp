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
struct TaskTotals;
struct TaskTotalsQuery;
struct TasksRecorded;
struct ToolSummary;
struct ToolSummaryQuery;
} // namespace hive::wire

namespace hive {

/// Tracks which coding tool works best for which task type.
using tracker_actor = caf::typed_actor<
  // Makes the records durable, then answers with their number and the rejected ones. ec::overloaded when too many wait
  // for the disk; after it and after ec::storage_failed, nothing of the message is stored. ec::conflict when the last
  // row imported from the message's source is not the one that the message states.
  caf::replies_to<msg<wire::RecordTasks>>::with<msg<wire::TasksRecorded>>,
  // The last row imported from a source of records; answers once that row is durable. A node's own records are a source
  // named by the node's id.
  caf::replies_to<msg<wire::TaskSourceQuery>>::with<msg<wire::TaskSource>>,
  // All sources from which rows were imported.
  caf::replies_to<msg<wire::TaskSourceListQuery>>::with<msg<wire::TaskSourceList>>,
  // Forgets a source; ec::not_found when nothing was imported from it.
  caf::replies_to<msg<wire::ForgetTaskSource>>::with<msg<wire::TaskSource>>,
  // The best tool for a task type, or ec::no_data. Includes records whose write is in flight.
  caf::replies_to<msg<wire::BestToolQuery>>::with<msg<wire::BestTool>>,
  // The tool to use for a task, with the reason; ec::no_data when there is no suggestion.
  caf::replies_to<msg<wire::RouteQuery>>::with<msg<wire::Route>>,
  // Figures of every tool, over all task types and by task type.
  caf::replies_to<msg<wire::ToolSummaryQuery>>::with<msg<wire::ToolSummary>>,
  // This node's learning delta for other nodes, or the sum of theirs. ec::no_data while it is empty.
  caf::replies_to<msg<wire::LearningDeltaQuery>>::with<msg<wire::LearningDelta>>,
  // Replaces another node's earlier delta. A delta without an origin replaces earlier ones without origin for the same
  // task types. Answers, once durable, with the number of tools in the delta. ec::invalid for impossible sums and for
  // this node's own delta. ec::conflict for the delta of a node of the hive, whose published statistics take
  // precedence.
  caf::replies_to<msg<wire::LearningDelta>>::with<msg<wire::Recorded>>,
  // Drops an imported delta; ec::not_found when there is none from that node.
  caf::replies_to<msg<wire::DropDelta>>::with<msg<wire::DropDelta>>,
  // Tool statistics published by a node of this hive. They replace its earlier ones and are not kept across restarts.
  caf::reacts_to<slots_accepted>, caf::reacts_to<slots_withdrawn>,
  // Starts publishing this node's tool statistics and every change to them.
  caf::reacts_to<sharing_started>,
  // How many tasks were recorded and failed, so that two answers tell what lies between them. Answers once all of them
  // are durable.
  caf::replies_to<msg<wire::TaskTotalsQuery>>::with<msg<wire::TaskTotals>>,
  // Lists records, latest recorded first. ec::overloaded while too many such queries run.
  caf::replies_to<msg<wire::TaskQuery>>::with<msg<wire::TaskPage>>>;

/// Stores the learning delta that this node last published.
using publisher_actor = caf::typed_actor<
  // Replaces the stored delta; answers, once durable, with the number of its task types.
  caf::replies_to<msg<wire::LearningDelta>>::with<msg<wire::Recorded>>,
  // The stored delta, or ec::no_data.
  caf::replies_to<msg<wire::PublishedDeltaQuery>>::with<msg<wire::LearningDelta>>>;

/// Manages all AutoResearch sessions. A step fails with ec::not_found when its session does not exist, or with the
/// error of the session's actor.
using research_actor = caf::typed_actor<
  // Begins a session, durably. ec::already_exists when the id is in use, ec::overloaded when too many sessions run.
  // With an agent, captures its baseline first, and fails as that does.
  caf::replies_to<msg<wire::StartResearch>>::with<msg<wire::ResearchSession>>,
  caf::replies_to<msg<wire::ResearchIteration>>::with<msg<wire::ResearchSession>>,
  caf::replies_to<msg<wire::ResearchImprovement>>::with<msg<wire::ResearchSession>>,
  // Finishing a finished session returns its report again.
  caf::replies_to<msg<wire::FinishResearch>>::with<msg<wire::ResearchReport>>,
  // One session, or ec::not_found.
  caf::replies_to<msg<wire::ResearchQuery>>::with<msg<wire::ResearchSession>>,
  // Sessions by id, running and finished.
  caf::replies_to<msg<wire::ResearchListQuery>>::with<msg<wire::ResearchList>>,
  // What the next hypothesis can build on, or ec::not_found.
  caf::replies_to<msg<wire::ResearchContextQuery>>::with<msg<wire::ResearchContext>>>;

} // namespace hive
