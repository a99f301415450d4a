#pragma once

#include "actors/slot_topic.hpp"
#include "actors/store/api.hpp"
#include "actors/store/durable_batch.hpp"
#include "actors/tracker/api.hpp"
#include "actors/tracker/task_ledger.hpp"
#include "actors/tracker/task_reader.hpp"
#include "analysis/hive_statistics.hpp"
#include "analysis/routing.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/tracker.capnp.h"

#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace hive {

struct tracker_options {
  /// This node's id, the origin of its deltas; its own deltas are rejected as imports. Required.
  std::string node = {};
  /// The tool for task types without any data.
  analysis::heuristic_table heuristics = analysis::default_heuristics();
  /// Maximum number of records; older ones are erased, but their statistics are kept. 0, the default: unlimited.
  uint64_t max_records = 0;
  /// Maximum age of records; older ones are erased, but their statistics are kept. 0, the default: unlimited.
  std::chrono::seconds max_age = std::chrono::seconds{0};
  ledger_options ledger = {};
  /// Limits on other nodes' statistics; a delta beyond them is rejected.
  analysis::hive_limits hive = {};

  /// ec::invalid, naming the option.
  caf::error validate() const;
};

/// internal: further messages of the tracker to itself.
using flush_atom = caf::atom_constant<caf::atom("flush")>;
using retain_atom = caf::atom_constant<caf::atom("retain")>;
using publish_atom = caf::atom_constant<caf::atom("publish")>;
using tracker_self =
  tracker_actor::extend<caf::reacts_to<flush_atom>, caf::reacts_to<retain_atom>, caf::reacts_to<publish_atom>>;

/// Counts records on arrival, and writes gathered records and changed statistics as one set. The durable batch then
/// answers the senders, or after a failed write reloads the statistics from the store.
class tracker_state {
public:
  using pointer = tracker_self::stateful_pointer<tracker_state>;
  static inline const char* name = "tracker";

  /// Reads the stored statistics. An error ends the actor.
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

  /// Handles the message that `flush_soon` sent to itself.
  void flush_from_mailbox();
  /// Erases records beyond the configured number or age.
  void retain();
  /// Publishes this node's tools.
  void publish();

private:
  caf::error take_rows(wire::RecordTasks::Reader message);
  msg<wire::TasksRecorded> admit(wire::RecordTasks::Reader message);
  /// Promises the answer to the current message, which contributed `entries`.
  template <class T>
  caf::result<msg<T>> answer_when_durable(size_t entries, msg<T> answer);
  void flush_soon();
  caf::error reload();
  caf::error reload_imports();
  /// Publishes this node's tools if they have changed: immediately, or when enough time has passed.
  void publish_soon();
  void forget_import(std::string_view origin);
  void erase_before(uint64_t first_kept);

  pointer self_ = nullptr;
  std::shared_ptr<database> db_;
  task_reader_actor reader_;
  tracker_options options_;
  task_ledger ledger_;
  analysis::hive_tally hive_;
  msg<wire::LearningDelta> unnamed_; ///< the merged deltas without origin
  task_sequence oldest_;             ///< the oldest stored record
  bool flush_is_coming_ = false;
  size_t queries_ = 0; ///< being answered by the reader
  slot_publisher_actor publisher_;
  std::optional<task_sequence> published_through_; ///< the newest record included in the published tools
  std::chrono::steady_clock::time_point publish_next_;
  bool publish_is_coming_ = false;
  durable_batch batch_; ///< last member: its destructor answers waiting requests
};

/// Spawns the tracker over `db`, which must outlive it. Ends with an error when the stored statistics cannot be read or
/// an option is invalid, and when the committer ends.
tracker_actor spawn_tracker(caf::actor_system& system, std::shared_ptr<database> db, committer_actor committer,
                            tracker_options options);

} // namespace hive
