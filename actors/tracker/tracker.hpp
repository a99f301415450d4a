#pragma once

#include "actors/interfaces.hpp"
#include "actors/tracker/task_ledger.hpp"
#include "actors/tracker/task_reader.hpp"
#include "analysis/hive_statistics.hpp"
#include "analysis/routing.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hive {

struct tracker_options {
  /// This node's id: the origin of its deltas. A delta that comes back to it is refused. Must be given.
  std::string node = {};
  /// The tool for a task type of which nothing is known.
  analysis::heuristic_table heuristics = analysis::default_heuristics();
  /// Records that are kept; older ones are erased, their statistics stay. 0, the default: all.
  uint64_t max_records = 0;
  /// Age at which records are erased; their statistics stay. 0, the default: never.
  std::chrono::seconds max_age = std::chrono::seconds{0};
  ledger_options ledger = {};
  /// Bounds of what is kept of other nodes; a delta beyond them is refused.
  analysis::hive_limits hive = {};

  /// Fails with ec::invalid naming the option.
  caf::error validate() const;
};

/// internal: what the tracker tells itself besides.
using flush_atom = caf::atom_constant<caf::atom("flush")>;
using retain_atom = caf::atom_constant<caf::atom("retain")>;
using publish_atom = caf::atom_constant<caf::atom("publish")>;
using tracker_self =
  tracker_actor::extend<caf::reacts_to<flush_atom>, caf::reacts_to<retain_atom>, caf::reacts_to<publish_atom>>;

/// Counts records as they come and gathers what is to be written while the group before is on its way to the disk; each
/// group is one write set with one answer, and then its senders are answered. When a write fails, all that was gathered
/// meanwhile is refused too, since it builds on what failed, and the statistics are read from the store again.
class tracker_state {
public:
  using pointer = tracker_self::stateful_pointer<tracker_state>;
  static inline const char* name = "tracker";

  tracker_state() = default;
  tracker_state(const tracker_state&) = delete;
  tracker_state& operator=(const tracker_state&) = delete;
  /// Tells everyone who still waits that no answer will come.
  ~tracker_state();

  /// Reads what is stored. An error ends the actor.
  caf::error init(pointer self, std::shared_ptr<database> db, committer_actor committer, tracker_options options);

  caf::result<msg<wire::TasksRecorded>> record(const msg<wire::RecordTasks>& message);
  caf::result<msg<wire::TaskSource>> source(const msg<wire::TaskSourceQuery>& query);
  caf::result<msg<wire::TaskSourceList>> sources() const;
  caf::result<msg<wire::TaskSource>> forget(const msg<wire::ForgetTaskSource>& source);
  caf::result<msg<wire::BestTool>> best_tool(const msg<wire::BestToolQuery>& query) const;
  caf::result<msg<wire::Route>> route(const msg<wire::RouteQuery>& query) const;
  caf::result<msg<wire::ToolSummary>> summary() const;
  caf::result<msg<wire::LearningDelta>> learned(const msg<wire::LearningDeltaQuery>& query) const;
  void hear(const slots_accepted& published);
  void hear(const slots_withdrawn& gone);
  void share(const sharing_started& with);
  caf::result<msg<wire::Recorded>> import(const msg<wire::LearningDelta>& delta);
  caf::result<msg<wire::DropDelta>> drop(const msg<wire::DropDelta>& delta);
  caf::result<msg<wire::TaskPage>> find(const msg<wire::TaskQuery>& query);

  /// What `flush_soon` sent to itself has arrived.
  void flush_from_mailbox();
  /// Erases records beyond the configured number or age.
  void retain();
  /// Publishes this node's tools.
  void publish();

private:
  template <class T>
  struct waiting {
    caf::typed_response_promise<msg<T>> promise;
    msg<T> answer; ///< for when the group is durable
  };

  /// What becomes durable together.
  struct group {
    write_set writes;
    size_t records = 0; ///< given, not only kept ones
    size_t bytes = 0;   ///< of `writes`, also when these have gone
    std::vector<waiting<wire::TasksRecorded>> recorded;
    std::vector<waiting<wire::Recorded>> imported;
    std::vector<waiting<wire::DropDelta>> dropped;
    std::vector<waiting<wire::TaskSource>> asked;

    bool is_empty() const {
      return writes.empty() && recorded.empty() && imported.empty() && dropped.empty() && asked.empty();
    }
    template <class Visit>
    void for_each_waiting(Visit visit);
    void succeed();
    void fail_all(const caf::error& error);
  };

  caf::error take_rows(wire::RecordTasks::Reader message);
  msg<wire::TasksRecorded> admit(wire::RecordTasks::Reader message);
  caf::error check_room(size_t more) const;
  void flush_soon();
  /// Sends what was gathered to the disk, if it is free.
  void flush();
  void finish(const caf::error& error);
  void committer_is_gone();
  caf::error reload();
  caf::error reload_imports();
  /// Publishes this node's tools, if they have changed: at once, or when enough time has passed.
  void publish_soon();
  void forget_import(std::string_view origin);
  void erase_before(uint64_t first_kept);

  pointer self_ = nullptr;
  std::shared_ptr<database> db_;
  committer_actor committer_;
  task_reader_actor reader_;
  tracker_options options_;
  task_ledger ledger_;
  analysis::hive_tally hive_;
  msg<wire::LearningDelta> unnamed_; ///< what deltas without origin said together
  task_sequence oldest_;             ///< the first record that is kept
  group gathering_;
  std::optional<group> in_flight_;
  bool flush_is_coming_ = false;
  size_t queries_ = 0; ///< with the reader
  slot_publisher_actor publisher_;
  std::optional<task_sequence> published_through_; ///< the newest record that the published tools count
  std::chrono::steady_clock::time_point publish_next_;
  bool publish_is_coming_ = false;
};

/// Spawns the tracker over `db`, which outlives it. It ends with the error when the stored statistics cannot be read or
/// an option is wrong, and when the committer ends.
tracker_actor spawn_tracker(caf::actor_system& system, std::shared_ptr<database> db, committer_actor committer,
                            tracker_options options);

} // namespace hive
