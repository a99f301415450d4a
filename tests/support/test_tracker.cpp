#include "tests/support/test_tracker.hpp"

#include "actors/store/committer.hpp"

#include <stdexcept>
#include <thread>

namespace hive {
namespace {

/// Must be spawned detached, because it blocks while it holds a write set.
committer_actor::behavior_type gatekeeper(committer_actor::pointer self, committer_actor target,
                                          std::shared_ptr<commit_gate> gate) {
  return {[self, target, gate](write_set& writes) -> caf::result<committed> {
    if (auto code = gate->refuse_with.load(); code != ec::none)
      return fail(code, "as the test wants it");
    if (gate->hold) {
      ++gate->held;
      while (gate->hold)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
      if (auto code = gate->refuse_with.load(); code != ec::none)
        return fail(code, "as the test wants it");
    }
    return self->delegate(target, std::move(writes));
  }};
}

} // namespace

void fill(wire::TaskRecord::Builder out, const task_draft& draft) {
  out.setTaskType(draft.task_type);
  out.setToolName(draft.tool);
  out.setModelName(draft.model);
  out.setUserId(draft.user);
  out.setCompletionTimeS(draft.time_s);
  out.setSuccess(draft.success);
  out.setIdempotencyKey(draft.key);
  out.setTimestamp(draft.timestamp);
}

msg<wire::RecordTasks> record_tasks(const std::vector<task_draft>& drafts) {
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    auto list = out.initTasks(static_cast<uint32_t>(drafts.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      fill(list[i], drafts[i]);
  });
}

msg<wire::LearningDelta> delta(const std::string& origin, const std::string& tool, double rate, uint64_t samples) {
  return msg<wire::LearningDelta>::build([&](wire::LearningDelta::Builder out) {
    out.setOrigin(origin);
    auto task = out.initCodingBenchmarks(1)[0];
    task.setTaskType("feature");
    auto learned = task.initTools(1)[0];
    learned.setToolName(tool);
    learned.setSuccessRate(rate);
    learned.setAvgTimeS(2);
    learned.setSampleCount(samples);
  });
}

test_tracker::test_tracker(tracker_options given) : options{std::move(given)} {
  if (options.node.empty())
    options.node = "this-node";
  auto opened = database::open({.directory = temp.path()});
  if (!opened)
    throw std::runtime_error(text_of(opened.error()));
  db = std::move(*opened);
  committer = spawn_committer(tests.system(), {db});
  front = tests.system().spawn<caf::detached>(gatekeeper, committer, gate);
  start();
}

test_tracker::~test_tracker() {
  stop();
  caf::anon_send_exit(front, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(committer, caf::exit_reason::user_shutdown);
  tests.client()->wait_for(front, committer);
}

void test_tracker::start() {
  actor = spawn_tracker(tests.system(), {db, front}, options);
}

void test_tracker::stop() {
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  tests.client()->wait_for(actor);
}

void test_tracker::restart() {
  stop();
  start();
}

caf::expected<msg<wire::TasksRecorded>> test_tracker::record(const std::vector<task_draft>& drafts) {
  return ask<wire::TasksRecorded>(record_tasks(drafts));
}

caf::expected<msg<wire::BestTool>> test_tracker::best(const std::string& task_type, wire::ToolScope scope) {
  return ask<wire::BestTool>(msg<wire::BestToolQuery>::build([&](wire::BestToolQuery::Builder out) {
    out.setTaskType(task_type);
    out.setScope(scope);
  }));
}

std::vector<msg<wire::TaskRecord>> test_tracker::records() {
  std::vector<msg<wire::TaskRecord>> out;
  std::string after;
  do {
    auto page = ask<wire::TaskPage>(msg<wire::TaskQuery>::build([&](wire::TaskQuery::Builder query) {
      query.setLimit(1'000);
      query.setAfter(after);
    }));
    if (!page)
      throw std::runtime_error(text_of(page.error()));
    for (auto task : (*page)->getTasks())
      out.push_back(msg<wire::TaskRecord>::copy_of(task));
    after = (*page)->getNext().cStr();
  } while (!after.empty());
  return out;
}

std::vector<task_draft> runs(const std::string& task_type, const std::string& tool, int successes, int failures) {
  std::vector<task_draft> out;
  for (int i = 0; i < successes + failures; ++i)
    out.push_back({.task_type = task_type, .tool = tool, .success = i < successes});
  return out;
}

} // namespace hive
