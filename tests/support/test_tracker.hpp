#pragma once

#include "actors/tracker/tracker.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/text.hpp"
#include "messages/tracker.capnp.h"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace hive {

/// A record as tests describe it.
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

void fill(wire::TaskRecord::Builder out, const task_draft& draft);
msg<wire::RecordTasks> record_tasks(const std::vector<task_draft>& drafts);

/// One node's statistics of one tool for task type `feature`, given as averages like those of HART OS.
msg<wire::LearningDelta> delta(const std::string& origin, const std::string& tool, double rate, uint64_t samples);

/// Controls an actor in front of the real committer: write sets can be refused or held up.
struct commit_gate {
  std::atomic<ec> refuse_with = ec::none;
  std::atomic<bool> hold = false;
  std::atomic<size_t> held = 0;
};

/// A store with its committer and tracker, as in a node.
class test_tracker {
public:
  explicit test_tracker(tracker_options given = {});
  ~test_tracker();

  void start();
  void stop();
  void restart();

  template <class Answer, class Message>
  caf::expected<msg<Answer>> ask(const Message& message) {
    return tests.ask<msg<Answer>>(actor, message);
  }

  caf::expected<msg<wire::TasksRecorded>> record(const std::vector<task_draft>& drafts);
  caf::expected<msg<wire::BestTool>> best(const std::string& task_type, wire::ToolScope scope = wire::ToolScope::LOCAL);

  /// All records, newest first.
  std::vector<msg<wire::TaskRecord>> records();

  temporary_directory temp;
  tracker_options options;
  std::shared_ptr<database> db;
  test_system tests;
  std::shared_ptr<commit_gate> gate = std::make_shared<commit_gate>();
  committer_actor committer;
  committer_actor front;
  tracker_actor actor;
};

/// This many records of one tool, the successes first.
std::vector<task_draft> runs(const std::string& task_type, const std::string& tool, int successes, int failures);

} // namespace hive
