#pragma once

#include "actors/hive/core/hive_core.hpp"
#include "tests/actors/hive/hive_test.hpp"

#include <functional>
#include <queue>
#include <set>

namespace hive {

/// Options of the simulated network and disks.
struct core_network_options {
  size_t nodes = 3;
  uint64_t seed = 1;
  /// Packet loss; a lost packet is sent again after `retransmit`, then after twice as long, up to 1 s.
  double loss = 0;
  std::chrono::microseconds min_latency{500}, max_latency{5'000};
  std::chrono::microseconds retransmit{200'000};
  std::chrono::microseconds disk{3'000}; ///< of one write
  federation_profile gossip = {};
  overlay_options overlay = {};
  std::vector<slot_rules> topics = node_topics();
  /// Whether a node knows pushes; others treat a push as a first question, as earlier versions do. Empty: all know
  /// them.
  std::function<bool(size_t node)> knows_pushes = {};
  /// Changes the options of every core, to plant a fault.
  std::function<void(hive_core_options&)> adjust = {};
};

/// What a node has on its disk.
struct core_disk {
  uint64_t epoch = 0;
  std::map<std::string, std::string> slots; ///< by key
  std::map<std::string, std::string> proofs;
  std::map<std::string, std::string> revocations;
};

/// A hive of real cores on simulated time: links, latencies, losses, disks, restarts. Outputs of the cores are carried
/// out as the federation and the door of hived do, and all messages are encoded and checked. A seed reproduces a run.
class core_network {
public:
  explicit core_network(core_network_options options);

  hive_core& at(size_t node) {
    return *nodes_.at(node).core;
  }
  const node_id& id(size_t node) const {
    return nodes_.at(node).id;
  }
  size_t size() const {
    return nodes_.size();
  }
  tick_point now() const {
    return now_.steady;
  }

  /// Advances time.
  void run(std::chrono::microseconds time);
  /// Advances time until the condition holds. Returns the time taken; none if it exceeds `at_most`.
  std::optional<std::chrono::microseconds> run_until(const std::function<bool()>& condition,
                                                     std::chrono::microseconds at_most);

  /// Publishes slots on the node, as one of its services would.
  void publish(size_t node, publish_slots what);
  void order_readers(size_t node, slot_readers who);
  /// Gives a node a CA's revocation lists, as an operator does. An error says why they were refused.
  caf::error give_revocations(size_t node, const std::string& pem);
  /// A question of somebody who is none of the nodes.
  void ask_as(const node_id& stranger, size_t node, const msg<wire::GossipQuestion>& question);
  void kill(size_t node);
  /// Restarts the node from its disk, in its next epoch.
  void start(size_t node);
  bool is_up(size_t node) const {
    return nodes_.at(node).core != nullptr;
  }
  core_disk disk_of(size_t node) const {
    return nodes_.at(node).disk;
  }
  /// Puts an earlier copy of its disk back, while the node is down.
  void set_back(size_t node, core_disk disk) {
    nodes_.at(node).disk = std::move(disk);
  }
  /// Loses the note outside of the disk, as a reboot of its machine does.
  void lose_note(size_t node) {
    nodes_.at(node).noted.reset();
  }
  /// How often a node began to sign slots in an epoch in which an earlier life of it had signed some.
  size_t epochs_used_twice() const {
    return epochs_used_twice_;
  }
  /// Separates these sets of nodes from each other; without sets, all nodes reach each other.
  void partition(std::vector<std::set<size_t>> groups);

  /// Whether all live nodes are equal.
  bool agree() const;
  /// Whether all live nodes know all nodes.
  bool all_know_all() const;
  /// Whether every live node holds the newest version of this slot.
  bool all_have(size_t writer, const slot_name& name) const;
  size_t links_of(size_t node) const {
    return nodes_.at(node).links.size();
  }

  /// Number of messages and bytes since the start.
  struct traffic {
    uint64_t messages = 0;
    uint64_t bytes = 0;
  };
  const traffic& sent() const {
    return sent_;
  }

  /// What the services of a node received.
  const std::vector<topic_update>& delivered(size_t node) const {
    return nodes_.at(node).delivered;
  }

private:
  struct node {
    key_pair keys;
    node_id id;
    std::unique_ptr<hive_core> core; ///< null while the node is down
    core_disk disk;
    std::optional<write_stamp> noted;           ///< outside of the disk
    std::map<uint64_t, uint64_t> signed_epochs; ///< with the life that signed in them
    std::set<size_t> links;
    std::set<size_t> wanted; ///< nodes that its door redials
    std::vector<topic_update> delivered;
    uint64_t life = 0; ///< incremented at every start and end; events from an earlier life are dropped
  };

  struct due {
    tick_point when;
    uint64_t order;
    std::function<void()> what;
    bool operator<(const due& other) const { // the earliest is at the top of the queue
      return std::pair{when, order} > std::pair{other.when, other.order};
    }
  };

  void after(std::chrono::microseconds time, std::function<void()> what);
  /// Like `after` above, but dropped when the node's life ends.
  void after(size_t node, std::chrono::microseconds time, std::function<void()> what);
  std::chrono::microseconds travel();
  bool can_reach(size_t a, size_t b) const;
  size_t index_of(const node_id& id) const;
  void step(size_t node, core_event event);
  void carry_out(size_t node, core_output out);
  void store(size_t node, store_order order);
  void watch_epochs(size_t node, const store_order& order);
  void ask(size_t from, size_t to, const msg<wire::GossipQuestion>& question);
  void dial(size_t from, size_t to, bool keep);
  void end_link(size_t a, size_t b, const std::string& why, bool agreed);
  void repeat(size_t node, std::chrono::microseconds interval, core_event event);

  core_network_options options_;
  std::mt19937_64 random_;
  core_time now_{tick_point{std::chrono::hours{1}}, test_now};
  uint64_t order_ = 0;
  std::priority_queue<due> queue_;
  std::vector<node> nodes_;
  std::map<node_id, size_t> by_id_;
  std::vector<std::set<size_t>> groups_;
  traffic sent_;
  size_t epochs_used_twice_ = 0;
};

} // namespace hive
