#include "actors/http/task_routes.hpp"

#include "actors/http/task_request.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/tracker.capnp.h"

namespace hive::http {
namespace {

using enum method;

/// When the tracker lacks room, the caller must slow down (429); the node does not need to recover (503).
response refuse(const caf::error& error) {
  if (code_of(error) == ec::overloaded)
    return problem(429, ec::overloaded, text_of(error));
  // The stored list of sources is too large, not the request.
  if (code_of(error) == ec::too_large)
    return problem(507, ec::too_large, text_of(error));
  return problem(error);
}

response answer_of(const task_batch& batch, const msg<wire::TasksRecorded>& kept) {
  auto answer = batch.answer(kept);
  auto rejected = answer->getRejected();
  // With a source, the rows are taken even if none of their records could be kept.
  bool has_source = batch.records->getSource().size() > 0;
  if (!has_source && answer->getRecorded() == 0 && answer->getDuplicates() == 0 && rejected.size() > 0)
    return problem(fail(ec::invalid, "record " + std::to_string(rejected[0].getLine()) + ": " +
                                       std::string{rejected[0].getReason().cStr()}));
  return detail::to_response({.status = 201}, answer);
}

void record(const tracker_actor& tracker, const exchange_ptr& incoming) {
  auto& request = incoming->request();
  if (!request.body.empty() && !is_ndjson(request.content_type) && !is_json(request.content_type)) {
    incoming->answer(
      problem(415, ec::unsupported, "the body's Content-Type must be application/json or application/x-ndjson"));
    return;
  }
  json_error why;
  auto read = read_tasks(request, why);
  if (!read) {
    incoming->answer(problem(why));
    return;
  }
  auto batch = std::make_shared<const task_batch>(std::move(*read));
  incoming->forward([tracker, batch](gateway_requests& gateway, const exchange_ptr& to) {
    gateway.request(tracker, defaults::request_timeout, batch->records)
      .then([to, batch](const msg<wire::TasksRecorded>& kept) { to->answer(answer_of(*batch, kept)); },
            [to](const caf::error& error) { to->answer(refuse(error)); });
  });
}

route record_route(const tracker_actor& tracker) {
  auto out = route::raw(post, "/api/v1/tasks", "Record coding tasks: one, an array, or NDJSON", "application/json",
                        [tracker](const exchange_ptr& incoming) { record(tracker, incoming); });
  out.question = capnp::Schema::from<wire::RecordTasks>();
  out.documented = {answers<wire::TasksRecorded>(201)};
  return out;
}

} // namespace

std::vector<route> task_routes(const tracker_actor& tracker) {
  using namespace wire;
  return {
    record_route(tracker),
    route::ask<TaskQuery, TaskPage>(get, "/api/v1/tasks", tracker, "Task records, latest recorded first")
      .with_large_answers(),
    route::ask<TaskSourceListQuery, TaskSourceList>(get, "/api/v1/tasks/sources", tracker,
                                                    "List the sources of task records and how far each has been read"),
    route::ask<TaskSourceQuery, TaskSource>(get, "/api/v1/tasks/sources/{source}", tracker,
                                            "How far a source of task records has been read"),
    route::ask<ForgetTaskSource, TaskSource>(delete_, "/api/v1/tasks/sources/{source}", tracker,
                                             "Forget how far a source has been read"),
    route::ask<BestToolQuery, BestTool>(get, "/api/v1/tools/best", tracker, "The best tool for a task type"),
    route::ask<RouteQuery, Route>(get, "/api/v1/tools/route", tracker, "The tool to use for a task"),
    route::ask<ToolSummaryQuery, ToolSummary>(get, "/api/v1/tools/summary", tracker, "Figures of every tool")
      .with_large_answers(),
    route::ask<LearningDeltaQuery, LearningDelta>(get, "/api/v1/tools/delta", tracker,
                                                  "The learning delta of this node, or of the others")
      .with_large_answers(),
    route::ask<LearningDelta, Recorded>(post, "/api/v1/tools/delta", tracker, "Import another node's learning delta",
                                        {.status = 201}),
    route::ask<DropDelta, DropDelta>(delete_, "/api/v1/tools/delta", tracker,
                                     "Drop the imported deltas without origin"),
    route::ask<DropDelta, DropDelta>(delete_, "/api/v1/tools/delta/{origin}", tracker,
                                     "Drop the imported delta of a node"),
  };
}

} // namespace hive::http
