#pragma once

#include "actors/slot_topic.hpp"
#include "actors/upgrade/gate/gate_options.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// The newest statements that a node has of each node, kind and track: what a gate_core is made of anew, and what the
/// federation publishes.
class statement_book {
public:
  using name = std::pair<gate::slot_type, uint8_t>; ///< kind and track

  explicit statement_book(node_id self) : self_{std::move(self)} {
  }

  /// Takes what this node's disk holds.
  void restore(gate::statement_ptr own);
  void restore_value(gate::statement_ptr value);

  /// Takes a statement that was heard. False when a newer one of its name is known, or the same.
  bool hear(const gate::statement_ptr& what);
  /// Forgets all of a node.
  void forget(const node_id& origin);

  /// Takes what this node writes.
  void write(const gate::statements& slots, const gate::statements& kept);

  /// Takes what may be told, and returns all slots of the kinds that this changes.
  std::vector<publish_slots> tell(const gate::statements& slots);
  /// All slots that were told, of all kinds.
  std::vector<publish_slots> told() const;

  /// This node's newest ones, and the values that it accepted.
  gate::stored_state stored() const;
  /// Those of other nodes.
  gate::statements heard() const;

  gate::statement_ptr find(const node_id& origin, const name& which) const;

private:
  publish_slots slots_of(gate::slot_type type) const;

  const node_id self_;
  std::map<name, gate::statement_ptr> own_;
  std::map<name, gate::statement_ptr> told_;
  std::map<uint8_t, gate::statement_ptr> kept_; ///< by track
  std::map<node_id, std::map<name, gate::statement_ptr>> heard_;
};

} // namespace hive
