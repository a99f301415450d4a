#pragma once

#include "actors/hive/views.hpp"

#include <deque>
#include <map>
#include <random>
#include <vector>

namespace hive {

/// Nodes that have nothing but their views, and a network between them that may lose messages.
class view_network {
public:
  view_network(size_t nodes, uint64_t seed, double loss = 0) : random_{seed}, loss_{loss} {
    for (size_t i = 0; i < nodes; ++i) {
      ids_.push_back(name_of(i));
      places_[ids_[i]] = i;
      nodes_.emplace_back(ids_[i], seed * 1'000'003 + i);
      nodes_[i].set_hive_size(nodes);
      alive_.push_back(true);
    }
    for (size_t i = 1; i < nodes; ++i) {
      send(i, nodes_[i].join(ids_[random_() % i]));
      deliver();
    }
  }

  void run(int ticks) {
    for (int t = 0; t < ticks; ++t) {
      for (size_t i = 0; i < nodes_.size(); ++i)
        if (alive_[i])
          send(i, nodes_[i].tick());
      deliver();
    }
  }

  /// Ends nodes at random; all their links break.
  void kill(size_t count) {
    for (size_t killed = 0; killed < count;) {
      auto victim = random_() % nodes_.size();
      if (!alive_[victim])
        continue;
      alive_[victim] = false;
      ++killed;
    }
    for (size_t i = 0; i < nodes_.size(); ++i)
      if (alive_[i])
        for (const auto& each : std::set<node_id>{nodes_[i].active()})
          if (!alive_[places_.at(each)])
            send(i, nodes_[i].link_lost(each));
    deliver();
  }

  size_t size() const {
    return nodes_.size();
  }
  bool is_alive(size_t node) const {
    return alive_[node];
  }
  views& operator[](size_t node) {
    return nodes_[node];
  }

  /// Places of the nodes that both ends believe to be linked with this one.
  std::vector<size_t> links_of(size_t node) const {
    std::vector<size_t> out;
    for (const auto& each : nodes_[node].active()) {
      auto place = places_.at(each);
      if (alive_[place] && nodes_[place].active().contains(ids_[node]))
        out.push_back(place);
    }
    return out;
  }

  /// Whether every living node can be reached from every other one.
  bool is_connected() const {
    std::vector<bool> reached(nodes_.size());
    std::vector<size_t> open;
    size_t living = 0, found = 0;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      living += alive_[i];
      if (alive_[i] && open.empty())
        open.push_back(i);
    }
    reached[open.front()] = true;
    while (!open.empty()) {
      auto next = open.back();
      open.pop_back();
      ++found;
      for (auto link : links_of(next))
        if (!reached[link]) {
          reached[link] = true;
          open.push_back(link);
        }
    }
    return found == living;
  }

private:
  struct under_way {
    size_t from;
    addressed_message what;
  };

  static node_id name_of(size_t node) {
    auto text = std::to_string(node);
    return {"n" + std::string(4 - std::min<size_t>(4, text.size()), '0') + text};
  }

  void send(size_t from, view_messages messages) {
    for (auto& each : messages)
      network_.push_back({from, std::move(each)});
  }

  void deliver() {
    while (!network_.empty()) {
      auto next = std::move(network_.front());
      network_.pop_front();
      auto to = places_.at(next.what.to);
      if (!alive_[to]) {
        send(next.from, nodes_[next.from].link_lost(next.what.to));
        continue;
      }
      if (std::uniform_real_distribution{}(random_) < loss_)
        continue;
      send(to, nodes_[to].receive(ids_[next.from], next.what.what));
    }
  }

  std::mt19937_64 random_;
  double loss_;
  std::vector<node_id> ids_;
  std::map<node_id, size_t> places_;
  std::deque<views> nodes_;
  std::vector<bool> alive_;
  std::deque<under_way> network_;
};

} // namespace hive
