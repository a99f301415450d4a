#pragma once

#include "actors/upgrade/stages/stage_counts.hpp"
#include "actors/upgrade/stages/stage_watcher.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

// internal: a block of the watch with this number is over.
struct block_over {
  uint8_t track = 0;
  uint64_t watch = 0;
};
using stage_watcher_self = stage_watcher_actor::extend<caf::reacts_to<block_over>>;

/// What this node's benchmarks say of the new version.
struct benchmarks_judged {
  bool is_judged = false;
  std::vector<std::string> regressed = {};
};

/// What the services said of this node. What they did not answer is missing.
struct stage_answers {
  health_totals totals = {};
  health_checks checks = {};
  std::optional<std::map<node_id, uint32_t>> silences = {}; ///< see silences_of
  std::optional<benchmarks_judged> benchmarks = {};         ///< nothing: not judged since the stage began
};

using answers_taken = std::function<void(const stage_answers&)>;

/// Asks the services of the criteria that are on, and then calls `done` in a handler of `self`.
class stage_questions {
public:
  stage_questions(stage_watcher_self::pointer self, const stage_watcher_services& services,
                  const analysis::canary_options& health, const node_directory_actor& nodes)
      : self_{self}, services_{services}, health_{health}, nodes_{nodes} {
  }

  /// Totals alone.
  void ask_totals(answers_taken done) const;

  void ask_all(const watch_stage& what, int64_t began_at_unix_micros, answers_taken done) const;

private:
  struct round;
  using round_ptr = std::shared_ptr<round>;

  template <class Answer, class Handle, class Request, class Take, class Refuse>
  void ask(const round_ptr& of, const Handle& whom, const Request& request, Take take, Refuse refuse) const;

  void ask_tasks(const round_ptr& of) const;
  void ask_inputs(const round_ptr& of) const;
  void ask_guardrail(const round_ptr& of) const;
  void ask_world_model(const round_ptr& of) const;
  void ask_nodes(const round_ptr& of) const;
  void ask_benchmarks(const round_ptr& of, const watch_stage& what, int64_t began_at_unix_micros) const;
  void ask_checker(const round_ptr& of, const watch_stage& what) const;

  stage_watcher_self::pointer self_;
  const stage_watcher_services& services_;
  const analysis::canary_options& health_;
  const node_directory_actor& nodes_;
};

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::block_over)
