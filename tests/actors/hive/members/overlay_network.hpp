#pragma once

#include "actors/hive/members/overlay.hpp"

#include <algorithm>
#include <bitset>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace hive {

/// Nodes that consist only of an overlay, in a network where dials may fail.
///
/// At first each node knows one earlier node; at each tick it exchanges known nodes with one linked node. Nodes do not
/// tell each other of failures: each notices them only by its own failed dials and lost links, so healing is slower
/// here than in a real hive.
class overlay_network {
public:
  static constexpr size_t max_nodes = 1'024;

  overlay_network(size_t nodes, uint64_t seed, overlay_options options = {}, double loss = 0)
      : random_{seed}, loss_{loss}, nodes_(nodes) {
    for (size_t i = 0; i < nodes; ++i) {
      nodes_[i].choice = overlay{seed * 1'000'003 + i, options};
      if (i > 0)
        nodes_[i].known.set(random_() % i);
    }
  }

  void run(int ticks) {
    for (int t = 0; t < ticks; ++t)
      for (size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].alive)
          tick(i);
  }

  /// Stops random nodes; all their links break.
  void kill(size_t count) {
    for (size_t killed = 0; killed < count;) {
      auto victim = random_() % nodes_.size();
      killed += nodes_[victim].alive;
      kill_node(victim);
    }
  }

  void kill_node(size_t victim) {
    nodes_[victim].alive = false;
    for (auto other : std::set<size_t>{nodes_[victim].links})
      lose(victim, other);
  }

  /// Separates the first nodes from the others; 0 ends the partition.
  void partition(size_t first) {
    first_group_ = first;
    for (size_t i = 0; i < first; ++i)
      for (auto other : std::set<size_t>{nodes_[i].links})
        if (other >= first)
          lose(i, other);
  }

  size_t size() const {
    return nodes_.size();
  }
  bool is_alive(size_t node) const {
    return nodes_[node].alive;
  }
  const std::set<size_t>& links_of(size_t node) const {
    return nodes_[node].links;
  }
  /// Whether any live node considers this one gone.
  bool is_missed(size_t node) const {
    return std::ranges::any_of(nodes_, [&](const auto& each) { return each.alive && each.gone[node]; });
  }

  /// Whether the graph of live nodes is connected.
  bool is_connected() const {
    auto living = static_cast<size_t>(std::ranges::count(nodes_, true, &node::alive));
    auto first = std::ranges::find(nodes_, true, &node::alive) - nodes_.begin();
    std::vector<size_t> open{static_cast<size_t>(first)};
    std::set<size_t> reached{open[0]};
    while (!open.empty()) {
      auto next = open.back();
      open.pop_back();
      for (auto link : nodes_[next].links)
        if (reached.insert(link).second)
          open.push_back(link);
    }
    return reached.size() == living;
  }

private:
  struct node {
    overlay choice{0};
    bool alive = true;
    std::set<size_t> links;
    std::bitset<max_nodes> known;
    std::bitset<max_nodes> gone;
  };

  static node_id name_of(size_t node) {
    return {std::to_string(node)};
  }
  static size_t place_of(const node_id& node) {
    return std::stoul(node.value);
  }

  void tick(size_t i) {
    auto& self = nodes_[i];
    std::vector<node_id> linked;
    for (auto other : self.links)
      linked.push_back(name_of(other));
    auto wanted = self.choice.tick(std::move(linked), [&] { return others_of(i); });
    for (const auto& to : wanted.dial)
      dial(i, place_of(to));
    for (const auto& from : wanted.close)
      close(i, place_of(from));
    learn(i);
  }

  unlinked_nodes others_of(size_t i) const {
    unlinked_nodes out;
    const auto& self = nodes_[i];
    for (size_t j = 0; j < nodes_.size(); ++j)
      if (j != i && self.known[j] && !self.links.contains(j))
        (self.gone[j] ? out.absent : out.present).push_back(name_of(j));
    return out;
  }

  bool can_reach(size_t from, size_t to) const {
    return nodes_[to].alive && (first_group_ == 0 || (from < first_group_) == (to < first_group_));
  }

  void dial(size_t from, size_t to) {
    if (!can_reach(from, to) || std::uniform_real_distribution{}(random_) < loss_) {
      nodes_[from].gone.set(to);
      nodes_[from].choice.dial_failed(name_of(to));
      return;
    }
    for (auto [a, b] : {std::pair{from, to}, std::pair{to, from}}) {
      nodes_[a].links.insert(b);
      nodes_[a].known.set(b);
      nodes_[a].gone.reset(b);
    }
  }

  void close(size_t a, size_t b) {
    nodes_[a].links.erase(b);
    nodes_[b].links.erase(a);
  }

  void lose(size_t a, size_t b) {
    close(a, b);
    for (auto [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      nodes_[from].gone.set(to);
      nodes_[from].choice.link_lost(name_of(to));
    }
  }

  void learn(size_t i) {
    const auto& links = nodes_[i].links;
    if (links.empty())
      return;
    auto& other = nodes_[*std::next(links.begin(), static_cast<ptrdiff_t>(random_() % links.size()))];
    nodes_[i].known |= other.known;
    other.known |= nodes_[i].known;
  }

  std::mt19937_64 random_;
  double loss_;
  std::vector<node> nodes_;
  size_t first_group_ = 0;
};

} // namespace hive
