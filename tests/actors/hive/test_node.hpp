#pragma once

#include "actors/hive/link/network.hpp"
#include "tests/actors/hive/hive_support.hpp"
#include "tests/actors/hive/link/link_face.hpp"
#include "tests/support/test_system.hpp"
#include "tests/support/wait_until.hpp"

#include <caf/io/middleman.hpp>
#include <memory>
#include <mutex>

namespace hive {

/// test_config with the network module.
struct test_network_config : test_config {
  explicit test_network_config(const network_options& options = {}) {
    configure_network(*this, options);
    set("scheduler.max-threads", size_t{2}); // many systems share one machine
  }
};

/// Records the events that an owner of links receives; readable from the test's thread.
class link_journal {
public:
  void up(const link_up& what) {
    std::lock_guard lock{mutex_};
    if (!links_.emplace(what.node, what).second)
      ++defects_;
    events_ += "+" + what.node.value + "/" + std::to_string(what.hello->getEpoch()) + " ";
  }

  void down(const link_down& what) {
    std::lock_guard lock{mutex_};
    if (links_.erase(what.node) == 0)
      ++defects_;
    events_ += (what.agreed ? "~" : "-") + what.node.value + " ";
  }

  void unreachable(const dial_failed& what) {
    std::lock_guard lock{mutex_};
    events_ += "?" + what.node.value + " ";
  }

  std::map<node_id, link_up> links() const {
    std::lock_guard lock{mutex_};
    return links_;
  }

  void open(const door_opened& door) {
    std::lock_guard lock{mutex_};
    self_ = door.self;
  }

  /// The hello of the node.
  msg<wire::Hello> self() const {
    std::lock_guard lock{mutex_};
    return self_;
  }

  std::string events() const {
    std::lock_guard lock{mutex_};
    return events_;
  }

  /// Events out of order: two ups in a row, or a down without an up.
  size_t defects() const {
    std::lock_guard lock{mutex_};
    return defects_;
  }

private:
  mutable std::mutex mutex_;
  std::map<node_id, link_up> links_;
  msg<wire::Hello> self_;
  std::string events_;
  size_t defects_ = 0;
};

inline link_owner_actor::behavior_type journal_owner(link_owner_actor::pointer self,
                                                     std::shared_ptr<link_journal> journal, gossip_answering gossip) {
  return {[journal](const door_opened& door) { journal->open(door); },
          [](const link_candidate&) { return caf::ok_atom::value; },
          [self, gossip](const link_offer&) { return self->spawn(link_face, gossip); },
          [journal](const link_up& what) { journal->up(what); },
          [journal](const link_down& what) { journal->down(what); },
          [journal](const dial_failed& what) { journal->unreachable(what); }};
}

struct test_node_options {
  node_identity identity = new_identity();
  std::optional<credentials> shown = {};
  std::vector<endpoint> join = {};
  endpoint listen{"127.0.0.1", 0};
  hello_versions versions{1, 1};
  network_options network = {};
  std::chrono::milliseconds hello_timeout = defaults::hello_timeout;
  std::optional<endpoint> advertise = {};
  gossip_answering gossip = answer_only_pings;
  std::function<void(caf::actor_system_config&)> configure = [](auto&) {}; ///< settings in which this node differs from
                                                                           ///< the others
};

/// The links and the door of a node, in an actor system of its own.
class test_node {
public:
  explicit test_node(const test_node_options& options) : id_{options.identity.id}, config_{options}, system_{config_} {
    forbid_remote_spawning(system_);
    door_options door;
    door.listen = options.listen;
    door.join = options.join;
    door.shown = options.shown;
    door.identity = options.identity;
    door.versions = options.versions;
    door.about = msg<wire::NodeCard>::build(
      [&](wire::NodeCard::Builder out) { out.setName("n" + options.identity.id.value.substr(0, 6)); });
    door.hello_timeout = options.hello_timeout;
    door.advertise = options.advertise;
    auto opened = spawn_door(system_, {system_.spawn(journal_owner, journal_, options.gossip)}, door);
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    running_ = *opened;
  }

  ~test_node() {
    caf::anon_send_exit(running_.door, caf::exit_reason::user_shutdown);
  }

  const node_id& id() const {
    return id_;
  }
  const endpoint& at() const {
    return running_.at;
  }
  const door_actor& door() const {
    return running_.door;
  }
  caf::actor_system& system() {
    return system_;
  }
  link_journal& journal() {
    return *journal_;
  }

  bool is_linked_with(const test_node& other) const {
    return journal_->links().contains(other.id());
  }

private:
  struct node_config : test_network_config {
    explicit node_config(const test_node_options& options) : test_network_config{options.network} {
      options.configure(*this);
    }
  };

  node_id id_;
  node_config config_;
  caf::actor_system system_;
  std::shared_ptr<link_journal> journal_ = std::make_shared<link_journal>();
  running_door running_;
};

/// Sends `count` pings over the link to `to` and waits for the pongs. Returns the number of correct ones.
inline size_t exchange_pings(test_node& from, const node_id& to, size_t count) {
  auto peer = from.journal().links().at(to).peer;
  caf::scoped_actor self{from.system()};
  size_t good = 0;
  std::vector<std::string> payloads;
  std::vector<decltype(self->request(peer, std::chrono::seconds{60}, msg<wire::Ping>{}))> waiting;
  for (size_t i = 0; i < count; ++i) {
    payloads.push_back(to.value + std::to_string(i));
    waiting.push_back(
      self->request(peer, std::chrono::seconds{60}, msg<wire::Ping>::build([&](wire::Ping::Builder ping) {
                      ping.setPayload({reinterpret_cast<const kj::byte*>(payloads[i].data()), payloads[i].size()});
                    })));
  }
  for (size_t i = 0; i < count; ++i)
    waiting[i].receive(
      [&](const msg<wire::Pong>& pong) {
        auto data = pong->getPayload();
        good += std::string_view{reinterpret_cast<const char*>(data.begin()), data.size()} == payloads[i];
      },
      [](const caf::error&) {});
  return good;
}

} // namespace hive
