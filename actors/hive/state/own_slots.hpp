#pragma once

#include "actors/hive/state/replica.hpp"

#include <map>
#include <set>
#include <string>

namespace hive {

/// Bounds of the results that a node tells, within those of what others keep of it (replica_options). Results alone are
/// bounded here: there may be any number of them, and they matter least to the others.
struct own_slots_options {
  /// Names under which results are ever told, erased or not: others never forget one. The other 96 slots are for the
  /// card, the load, 64 buckets of tools and upgrades.
  size_t result_slots = 160;
  /// Keys and payloads of all slots up to which results are told. Half of what others keep, since who is behind holds
  /// old slots beside new ones until it has caught up.
  size_t bytes_with_results = 512u << 10;
};

/// What this node wants its slots to say, against what they say. Pure.
class own_slots {
public:
  explicit own_slots(own_slots_options options = {}) : options_{options} {
  }

  /// Replaces all that is to be said of one kind: payloads by key.
  void want(slot_kind kind, std::map<std::string, std::string> payloads);

  /// Signed slots that make `replica` say it, in an order in which they may be committed: erasures of what is wanted no
  /// more and other changes that make room, then the rest, results last. Results that do not fit are left out; so are
  /// payloads that the replica refuses. `left_out` names them, but for those named at the last time already. What was
  /// prepared earlier and is not committed may not be any more.
  std::vector<slot_ptr> prepare(replica& by, int64_t now_unix_micros, std::vector<caf::error>& left_out);

private:
  using payloads_by_name = std::map<slot_name, std::string_view>;

  /// What all slots are to say, of which `said` are there; the names of the results that do not fit go into `beyond`.
  payloads_by_name target(const std::vector<slot_ptr>& said, std::set<slot_name>& beyond) const;
  void add_results(payloads_by_name& to, std::set<slot_name>& beyond) const;
  caf::error name_results(const std::set<slot_name>& beyond) const;

  own_slots_options options_;
  std::map<slot_kind, std::map<std::string, std::string>> wanted_;
  std::set<slot_name> beyond_;  ///< results left out at the last time
  std::set<slot_name> refused_; ///< by the replica at the last time
};

} // namespace hive
