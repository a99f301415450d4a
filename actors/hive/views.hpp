#pragma once

#include "messages/hive.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"

#include <caf/error.hpp>
#include <cstddef>
#include <random>
#include <set>
#include <vector>

namespace hive {

struct views_options {
  size_t mesh_limit = 32;    ///< up to so many nodes, this one among them, each links with all
  size_t active = 8;         ///< links above that
  size_t passive = 64;       ///< nodes that are kept in mind to replace a lost link
  uint8_t join_hops = 6;     ///< how far a new node is passed on (HyParView's ARWL)
  uint8_t passive_hops = 3;  ///< after so many it is kept in mind (HyParView's PRWL)
  size_t shuffle_active = 3; ///< links and other nodes that a shuffle tells of, beside this node
  size_t shuffle_passive = 4;

  /// ec::invalid naming the option.
  caf::error validate() const;
};

/// A message between two nodes' views.
struct view_message {
  wire::ViewMessageKind kind = wire::ViewMessageKind::JOIN;
  node_id subject; ///< of forwardJoin and shuffle
  uint8_t hops = 0;
  std::vector<node_id> sample; ///< of a shuffle and its answer
};

struct addressed_message {
  node_id to;
  view_message what;
};
using view_messages = std::vector<addressed_message>;

/// Which nodes a node links with. In a small hive all; in a large one a few, chosen so that the hive stays connected
/// when many fail at once: a symmetric active view that is repaired from a passive one, which random walks keep fresh
/// (HyParView, Leitão et al. 2007). Differently from there a node with less than half of its links may demand one of a
/// node that has all, so that nobody hangs by a single link.
///
/// Pure: who calls it sends what it returns. A link stands on both sides or is asked for again; losing messages only
/// costs time.
class views {
public:
  views(node_id self, uint64_t seed, views_options options = {});

  /// Another node exists, from its card or as a seed of the configuration.
  void met(const node_id& node);
  /// It is gone for good: dead, or in quarantine.
  view_messages forget(const node_id& node);
  /// How many nodes are in the hive, this one among them; says whether it is small.
  void set_hive_size(size_t nodes) {
    hive_size_ = nodes;
  }

  /// Makes this node known in the hive of `contact`.
  view_messages join(const node_id& contact);
  view_messages receive(const node_id& from, const view_message& message);
  /// The link was lost, or could not be made.
  view_messages link_lost(const node_id& node);
  /// Every gossip round or so: asks for missing links, ends those too many, shuffles.
  view_messages tick();

  /// Whom to link with.
  const std::set<node_id>& active() const {
    return active_;
  }
  const std::set<node_id>& passive() const {
    return passive_;
  }

  /// Different nodes to gossip with in this round, at random; all when there are fewer.
  std::vector<node_id> pick(size_t most);

private:
  using kind = wire::ViewMessageKind;

  size_t limit() const {
    return hive_size_ <= options_.mesh_limit ? options_.mesh_limit : options_.active;
  }
  const node_id* random_of(const std::set<node_id>& from, const node_id* but = nullptr);
  std::vector<node_id> sample_of(const std::set<node_id>& from, size_t most);
  void link(view_messages& out, const node_id& node);
  void drop_random_link(view_messages& out);
  void keep_in_mind(const node_id& node);
  void ask_for_links(view_messages& out);
  void shuffle(view_messages& out);

  void on_join(view_messages& out, const node_id& node);
  void on_forward_join(view_messages& out, const node_id& from, const view_message& message);
  void on_neighbor(view_messages& out, const node_id& from, bool always);
  void on_shuffle(view_messages& out, const node_id& from, const view_message& message);

  node_id self_;
  views_options options_;
  std::mt19937_64 random_;
  size_t hive_size_ = 1;
  std::set<node_id> active_;
  std::set<node_id> passive_;
  std::set<node_id> asked_; ///< since the last tick
};

/// A message as it travels.
msg<wire::ViewMessage> to_message(const view_message& what);
view_message from_message(wire::ViewMessage::Reader what);

} // namespace hive
