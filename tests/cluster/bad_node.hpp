#pragma once

#include "tests/actors/hive/hive_test.hpp"
#include "tests/actors/hive/test_node.hpp"
#include "tests/cluster/hived_process.hpp"

#include <mutex>
#include <optional>

namespace hive::cluster {

/// A node that real nodes admit like any other, and that sends whatever a test wants over its links. It has no replica,
/// so it keeps nothing of what it receives.
class bad_node {
public:
  struct options {
    std::optional<credentials> shown = {};
    hello_versions versions{1, 1};
    std::optional<endpoint> advertise = {}; ///< where other nodes dial it, if not at its door
    network_options network = {};
  };

  /// Joins the nodes at these doors.
  bad_node(const std::vector<std::string>& doors, const options& how)
      : identity_{new_identity()}, node_{as_test_node(doors, how)} {
  }

  const std::string& id() const {
    return identity_.id.value;
  }

  key_pair keys() const {
    return identity_.keys;
  }

  bool is_linked_with(const hived_process& node) {
    return node_.journal().links().contains({node.node()});
  }

  /// All links that it has had, as the journal describes them.
  std::string events() {
    return node_.journal().events();
  }

  /// The public key of a node with which it is linked.
  public_key key_of(const hived_process& node) {
    auto key = node_.journal().links().at({node.node()}).hello->getPublicKey();
    public_key out{};
    std::copy_n(key.begin(), out.size(), out.begin());
    return out;
  }

  /// Its card, signed as its first slot.
  slot_ptr card() {
    auto self = node_.journal().self();
    return signed_slot(keys(), card_name(), {1, 1}, to_packed(msg<wire::NodeCard>::copy_of(self->getCard())));
  }

  /// A slot of its own with any content. Without a stamp, it is the next one of its first epoch.
  slot_ptr own_slot(slot_name name, std::string payload, std::optional<write_stamp> stamp = {}) {
    return signed_slot(keys(), std::move(name), stamp.value_or(write_stamp{1, ++version_}), std::move(payload));
  }

  /// Sends the node these slots as its own, together with its card.
  caf::expected<msg<wire::GossipAnswer>> tell(const hived_process& node, std::vector<slot_ptr> slots) {
    return ask(node, question_with(forged_delta{keys().public_part(), {}, std::move(slots), card()}.make()));
  }

  /// The second question of an exchange: it claims to have nothing, and delivers this delta.
  static msg<wire::GossipQuestion> question_with(const msg<wire::HiveDelta>& delta) {
    return msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
      out.setRoot(no_root());
      out.initDigest();
      out.setDelta(*delta);
    });
  }

  caf::expected<msg<wire::GossipAnswer>> ask(const hived_process& node, const msg<wire::GossipQuestion>& question) {
    caf::scoped_actor self{node_.system()};
    caf::expected<msg<wire::GossipAnswer>> out = fail(ec::unavailable, "nothing was asked");
    self->request(peer(node), patience, question)
      .receive([&](const msg<wire::GossipAnswer>& answer) { out = answer; },
               [&](const caf::error& error) { out = error; });
    return out;
  }

  /// Asks without waiting for the answer; does nothing when the link is lost.
  void ask_and_forget(const hived_process& node, const msg<wire::GossipQuestion>& question) {
    auto links = node_.journal().links();
    if (auto found = links.find({node.node()}); found != links.end())
      node_.system().spawn([peer = found->second.peer, question](caf::event_based_actor* self) {
        self->request(peer, 5s, question).then([](const msg<wire::GossipAnswer>&) {}, [](const caf::error&) {});
      });
  }

  /// Answers every question with this delta from now on.
  void answer_with(const msg<wire::HiveDelta>& delta) {
    std::lock_guard lock{answer_->mutex};
    answer_->delta = delta;
  }

private:
  struct prepared_answer {
    std::mutex mutex;
    std::optional<msg<wire::HiveDelta>> delta;
  };

  static capnp::Data::Reader no_root() {
    static constexpr root_hash none{};
    return {none.data(), none.size()};
  }

  link_actor peer(const hived_process& node) {
    return node_.journal().links().at({node.node()}).peer;
  }

  test_node_options as_test_node(const std::vector<std::string>& doors, const options& how) {
    test_node_options out{.identity = identity_, .shown = how.shown};
    out.versions = how.versions;
    out.advertise = how.advertise;
    out.network = how.network;
    for (const auto& door : doors)
      out.join.push_back(*endpoint::parse(door));
    out.gossip = [prepared = answer_](const msg<wire::GossipQuestion>&) -> caf::expected<msg<wire::GossipAnswer>> {
      std::lock_guard lock{prepared->mutex};
      if (!prepared->delta)
        return fail(ec::unsupported, "this node tells nothing yet");
      return msg<wire::GossipAnswer>::build([&](wire::GossipAnswer::Builder out) {
        out.setRoot(no_root());
        out.setDelta(**prepared->delta);
      });
    };
    return out;
  }

  std::shared_ptr<prepared_answer> answer_ = std::make_shared<prepared_answer>();
  node_identity identity_;
  uint64_t version_ = 1;
  test_node node_;
};

} // namespace hive::cluster
