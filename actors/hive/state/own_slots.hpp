#pragma once

#include "actors/hive/state/replica.hpp"
#include "actors/slot_topic.hpp"

#include <map>
#include <set>
#include <string>

namespace hive {

/// Bounds of the results that a node tells, within those of what others keep of it (replica_options). Results alone are
/// bounded here: there may be any number of them, and they matter least to the others.
/// The topics that give way to the others, by kind.
struct yielding_topic {
  std::string name;
  slot_quota quota;
};
using yielding_topics = std::map<slot_kind, yielding_topic>;

/// What this node wants its slots to say, against what they say. Pure.
class own_slots {
public:
  explicit own_slots(yielding_topics yielding = {}) : yielding_{std::move(yielding)} {
  }

  /// Replaces all that is to be said of one kind: payloads by key. Whether that is another thing than before.
  bool want(slot_kind kind, std::map<std::string, std::string> payloads);

  /// Signed slots that make `replica` say it, in an order in which they may be committed: erasures of what is wanted no
  /// more and other changes that make room, then the rest, yielding topics last. Of these what does not fit is left
  /// out; so are payloads that the replica refuses. `left_out` names them, but for those named at the last time
  /// already. What was prepared earlier and is not committed may not be any more.
  std::vector<slot_ptr> prepare(replica& by, int64_t now_unix_micros, std::vector<caf::error>& left_out);

private:
  using payloads_by_name = std::map<slot_name, std::string_view>;

  /// What all slots are to say, of which `said` are there; the names of those that do not fit go into `beyond`.
  payloads_by_name target(const std::vector<slot_ptr>& published, std::set<slot_name>& beyond) const;
  void add_yielding(slot_kind kind, const slot_quota& quota, payloads_by_name& to, std::set<slot_name>& beyond) const;
  /// Names what is beyond the quota of a topic that was not at the last time.
  void name_beyond(const std::set<slot_name>& beyond, std::vector<caf::error>& left_out) const;

  yielding_topics yielding_;
  std::map<slot_kind, std::map<std::string, std::string>> wanted_;
  std::set<slot_name> beyond_;  ///< a quota at the last time
  std::set<slot_name> refused_; ///< by the replica at the last time
};

} // namespace hive
