#pragma once

#include "actors/defaults.hpp"
#include "messages/engine.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"

#include <caf/error.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// Something that this node has spawned for an engine that speaks HTTP.
struct spawned_record {
  std::string id; ///< nonce of its ticket
  std::string engine;
  node_id node; ///< on which it lives
  wire::SpawnedKind kind = wire::SpawnedKind::ADAPTER;
  std::string name; ///< of the adapter, or id of the session
  bool stay = false;
  int64_t started_at_unix_micros = 0;
  wire::SpawnedState state = wire::SpawnedState::RUNNING;
  std::string reason = {}; ///< why it failed or ended
  std::optional<msg<wire::Measurement>> measurement = {};
  std::optional<msg<wire::ResearchReport>> report = {};

  void describe(wire::Spawned::Builder out) const;
};

struct spawned_bounds {
  size_t records = defaults::max_http_spawned;              ///< that have not ended
  size_t remembered = defaults::remembered_spawned;         ///< that have ended
  size_t result_bytes = defaults::max_spawned_result_bytes; ///< of all results
  std::chrono::milliseconds keep_alive = defaults::engine_keep_alive;
};

/// What a node has spawned over HTTP: the states, the results, and until when each engine has shown that it is alive.
///
///     running ─► done | failed          its result arrived, or there is none
///     running, done, failed ─► ended    its engine is gone or ended it; a result is dropped
///
/// What may stay has no keep-alives. Records that have ended are remembered for a while, the oldest are forgotten
/// first. Pure: time is passed in.
class spawned_table {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit spawned_table(spawned_bounds bounds = {}) : bounds_{bounds} {
  }

  /// ec::overloaded when no further record fits.
  caf::error check_room() const;

  /// Adds a running record; its first keep-alive is due from `now` on.
  void add(spawned_record record, time_point now);

  const spawned_record* find(const std::string& id) const;

  /// All records, the oldest first.
  std::vector<const spawned_record*> list() const;

  /// The engine is alive. False when there is no such record, or when it has ended.
  bool keep(const std::string& id, time_point now);

  /// The result of what is running. One that does not fit into the bounds fails the record.
  void finish(const std::string& id, const msg<wire::Measurement>& measurement);
  void finish(const std::string& id, const msg<wire::ResearchReport>& report);

  /// There will be no result. No effect unless it is running.
  void fail(const std::string& id, const std::string& reason);

  /// No effect when it has ended already.
  void end(const std::string& id, const std::string& reason);

  void remove(const std::string& id);

  /// Those whose keep-alive is missing for longer than the bound. The time for which nobody asked is left out when it
  /// is far longer than usual: then this node stood still, and has not yet read the keep-alives of that time.
  std::vector<std::string> overdue(time_point now);

  /// Whether a keep-alive can be missed at all.
  bool expects_keep_alives() const {
    return !kept_until_.empty();
  }

private:
  spawned_record* running(const std::string& id);
  bool fits(size_t bytes) const;
  void drop_result(spawned_record& record);
  void forget_oldest_ended();

  spawned_bounds bounds_;
  std::map<std::string, spawned_record> records_;
  std::map<std::string, time_point> kept_until_;
  std::deque<std::string> ended_; ///< the oldest first; those removed meanwhile are still in it
  size_t live_ = 0;               ///< records that have not ended
  size_t result_bytes_ = 0;
  time_point checked_at_{};
};

} // namespace hive
