#pragma once

#include "actors/hive/state/replica.hpp"
#include "actors/slot_topic.hpp"

#include <map>
#include <set>
#include <string>

namespace hive {

/// Topics that yield to all others, by kind: when space runs out, their slots are left out first.
struct yielding_topic {
  std::string name;
  slot_quota quota;
};
using yielding_topics = std::map<slot_kind, yielding_topic>;

/// The difference between what this node wants to publish and what its slots contain. Pure.
class own_slots {
public:
  /// Slots of `apart` have room of their own, which yielding topics need not leave. Those of `waiting` wait for
  /// `admit`.
  explicit own_slots(yielding_topics yielding = {}, std::set<slot_kind> apart = {}, std::set<slot_kind> waiting = {})
      : yielding_{std::move(yielding)}, apart_{std::move(apart)}, waiting_{std::move(waiting)} {
  }

  /// Replaces the wanted payloads, by key, of one kind. True if they changed. Those of a kind that waits are kept
  /// aside: until `admit` the slots stay what they are, whatever its owner remembers.
  bool want(slot_kind kind, std::map<std::string, std::string> payloads);

  /// From now on the kind is like others. True if there is anything to write.
  bool admit(slot_kind kind);

  /// Signs the slots that bring `replica` to the wanted state, in an order in which they may be committed: erasures and
  /// other changes that free space first, yielding topics last. Slots of yielding topics that do not fit are left out,
  /// and so are payloads that the replica refuses. `left_out` names all of these, except those named by the previous
  /// call. Invalidates slots that were prepared earlier and not committed.
  std::vector<slot_ptr> prepare(replica& by, int64_t now_unix_micros, std::vector<caf::error>& left_out);

private:
  using payloads_by_name = std::map<slot_name, std::string_view>;

  /// Wanted payloads of all slots, where `published` are the present ones. Names that do not fit go into `beyond`.
  payloads_by_name target(const std::vector<slot_ptr>& published, std::set<slot_name>& beyond) const;
  void add_yielding(slot_kind kind, const slot_quota& quota, payloads_by_name& to, std::set<slot_name>& beyond) const;
  /// Reports names that are beyond their topic's quota now but were not at the previous call.
  void name_beyond(const std::set<slot_name>& beyond, std::vector<caf::error>& left_out) const;

  yielding_topics yielding_;
  std::set<slot_kind> apart_;
  std::set<slot_kind> waiting_;
  std::map<slot_kind, std::map<std::string, std::string>> kept_aside_; ///< newest payloads of kinds that wait
  std::map<slot_kind, std::map<std::string, std::string>> wanted_;
  std::set<slot_name> beyond_;  ///< names beyond their quota at the previous call
  std::set<slot_name> refused_; ///< names that the replica refused at the previous call
};

} // namespace hive
