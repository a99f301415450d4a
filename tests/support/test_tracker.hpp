#pragma once

#include "actors/store/committer.hpp"
#include "actors/tracker/tracker.hpp"
#include "messages/text.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace hive {

/// One record as a test writes it.
struct task_draft {
  std::string task_type = "feature";
  std::string tool = "aider";
  bool success = true;
  double time_s = 1;
  std::string key = {};
  std::string model = {};
  std::string user = {};
  int64_t timestamp = 0;
};

inline void fill(wire::TaskRecord::Builder out, const task_draft& draft) {
  out.setTaskType(draft.task_type);
  out.setToolName(draft.tool);
  out.setModelName(draft.model);
  out.setUserId(draft.user);
  out.setCompletionTimeS(draft.time_s);
  out.setSuccess(draft.success);
  out.setIdempotencyKey(draft.key);
  out.setTimestamp(draft.timestamp);
}

inline msg<wire::RecordTasks> record_tasks(const std::vector<task_draft>& drafts) {
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    auto list = out.initTasks(static_cast<uint32_t>(drafts.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      fill(list[i], drafts[i]);
  });
}

/// What a node says of one tool at task type `feature`, by averages as HART OS tells it.
inline msg<wire::LearningDelta> delta(const std::string& origin, const std::string& tool, double rate,
                                      uint64_t samples) {
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

/// Stands before the real committer: refuses write sets while a test says so, or sits on them.
struct commit_gate {
  std::atomic<ec> refuse_with = ec::none;
  std::atomic<bool> hold = false;
  std::atomic<size_t> held = 0;
};

/// A store with its committer and tracker, as a node has them.
class test_tracker {
public:
  explicit test_tracker(tracker_options given = {}) : options{std::move(given)} {
    if (options.node.empty())
      options.node = "this-node";
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
    committer = spawn_committer(tests.system(), db);
    front = tests.system().spawn<caf::detached>(gatekeeper, committer, gate);
    start();
  }

  ~test_tracker() {
    stop();
    caf::anon_send_exit(front, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(committer, caf::exit_reason::user_shutdown);
    tests.client()->wait_for(front, committer);
  }

  void start() {
    actor = spawn_tracker(tests.system(), db, front, options);
  }

  void stop() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    tests.client()->wait_for(actor);
  }

  void restart() {
    stop();
    start();
  }

  template <class Answer, class Message>
  caf::expected<msg<Answer>> ask(const Message& message) {
    return tests.ask<msg<Answer>>(actor, message);
  }

  caf::expected<msg<wire::TasksRecorded>> record(const std::vector<task_draft>& drafts) {
    return ask<wire::TasksRecorded>(record_tasks(drafts));
  }

  caf::expected<msg<wire::BestTool>> best(const std::string& task_type,
                                          wire::ToolScope scope = wire::ToolScope::LOCAL) {
    return ask<wire::BestTool>(msg<wire::BestToolQuery>::build([&](wire::BestToolQuery::Builder out) {
      out.setTaskType(task_type);
      out.setScope(scope);
    }));
  }

  /// All records, newest first.
  std::vector<msg<wire::TaskRecord>> records() {
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

  temporary_directory temp;
  tracker_options options;
  std::shared_ptr<database> db;
  test_system tests;
  std::shared_ptr<commit_gate> gate = std::make_shared<commit_gate>();
  committer_actor committer;
  committer_actor front;
  tracker_actor actor;

private:
  /// Spawned detached: it blocks while it holds.
  static committer_actor::behavior_type gatekeeper(committer_actor::pointer self, committer_actor target,
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
};

/// So many records of one tool, the successes first.
inline std::vector<task_draft> runs(const std::string& task_type, const std::string& tool, int successes,
                                    int failures) {
  std::vector<task_draft> out;
  for (int i = 0; i < successes + failures; ++i)
    out.push_back({.task_type = task_type, .tool = tool, .success = i < successes});
  return out;
}

} // namespace hive
