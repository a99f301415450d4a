#pragma once

#include "actors/hive/link/api.hpp"
#include "messages/hive.capnp.h"
#include "messages/ids.hpp"

#include <caf/error.hpp>
#include <chrono>
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// Monotonic time, passed in: setting the system clock has no effect here.
using tick_point = std::chrono::steady_clock::time_point;

using member_state = wire::MemberState;

/// Incarnation of a node, raised by that node alone: `count` to refute a suspicion, `epoch` on every start.
struct incarnation {
  uint64_t epoch = 0;
  uint64_t count = 0;
  auto operator<=>(const incarnation&) const = default;
};

/// A claim about the state of a node. The later incarnation takes precedence, and for the same incarnation the worse
/// state. So claims merge to the same result in any order.
struct member_claim {
  node_id node;
  incarnation about;
  member_state state = member_state::ACTIVE;
  /// Time since `node` had contact with any node linked with it, as far as the claimant knows.
  std::optional<std::chrono::milliseconds> heard_ago = {};
};

struct membership_options {
  /// Expected interval between ticks.
  std::chrono::milliseconds tick{500};
  /// Silence after which a linked node is suspected. Must exceed the heartbeat of the transport.
  std::chrono::milliseconds suspect_after{2'000};
  /// Time for a suspected node to refute the suspicion before it is stale.
  std::chrono::milliseconds stale_after{1'500};
  /// Time after which a stale node is dead. The node's statistics are kept.
  std::chrono::milliseconds dead_after{600'000};
  /// How long a node without a link counts as active after its last contact with this node or another.
  std::chrono::milliseconds believe_for{30'000};
  /// Time to wait for evidence that a node is alive. Meanwhile it is suspected, afterwards stale.
  std::chrono::milliseconds prove_within{10'000};
  /// Retransmission factor: a claim is sent about `retransmissions` * log2(nodes) times (lambda of SWIM).
  uint32_t retransmissions = 3;
  /// Most that one claim may add to an incarnation count: more than an honest node can have missed, but too little for
  /// liars to exhaust the counter.
  uint64_t count_lead = 1'000;
  size_t members = 1'024; ///< tracked nodes; as many as the replica's origins

  /// Fails with ec::invalid, naming the option.
  caf::error validate() const;
};

/// A change of the visible state of a node.
struct member_change {
  node_id node;
  std::optional<member_state> before; ///< none: the node is new
  member_state after = member_state::ACTIVE;
  std::string why;
};

/// Failure detector of one node, without clock and socket. Its evidence comes from the links of this node (up, down,
/// heartbeats) and from claims of peers. A suspected node has time to refute. Based on SWIM with suspicion and
/// incarnations (Das et al. 2002). The delay of late ticks is not counted as silence of others, so a node that gets no
/// CPU time does not suspect them (an idea of Lifeguard, Dadgar et al. 2018).
///
/// For a node with a live link, direct contact outweighs claims. Such claims are still passed on, so that the node can
/// refute them to nodes that have no link to it.
///
/// No belief without evidence: a node known only by its card is suspected until it is linked, publishes a card of a
/// later epoch, or a peer reports contact with it. Evidence ages: without recent evidence a node is suspected, then
/// stale, then dead. This conclusion is local and is not sent to others.
class membership {
public:
  membership(node_id self, uint64_t epoch, tick_point now, membership_options options = {});

  // -- evidence -------------------------------------------------------------------

  /// A link with the node is up, in this epoch.
  void link_up(const node_id& node, uint64_t epoch, tick_point now);
  /// The link was lost: the node is suspected at once.
  void link_down(const node_id& node, const std::string& why, tick_point now);
  /// The link was closed by agreement, which says nothing about the health of the node. From now on only others have
  /// contact with it.
  void link_closed(const node_id& node, tick_point now);
  /// A dial failed: a node without a link is suspected. If it is alive, others pass on the suspicion and it refutes.
  void dial_failed(const node_id& node, const std::string& why, tick_point now);
  /// A sign of life: traffic on its link.
  void confirm_alive(const node_id& node, tick_point now);
  /// The card of a node was received. A later epoch is evidence that it is alive; the first card of a new node is not,
  /// since that node may be long gone.
  void learn_card(const node_id& node, uint64_t epoch, tick_point now);
  /// Claims of a peer. Only what the node could refute is believed: no epoch beyond that of its card or link.
  /// ec::invalid, naming it, for a claim that no honest node makes; the others are still applied.
  caf::error apply_claims(const std::vector<member_claim>& claims, tick_point now);
  /// This node continues in a later epoch, which its card will publish.
  void raise_epoch(uint64_t epoch);
  /// The replica has quarantined the node or released it.
  void set_quarantined(const node_id& node, bool quarantined, tick_point now);
  /// Sets the time to refute, at least `options.stale_after`. Where not all nodes are linked, suspicion and refutation
  /// take rounds of gossip.
  void set_time_to_refute(std::chrono::milliseconds time);
  /// Sets believe_for and prove_within, to no less than their values in `options`.
  void set_patience(std::chrono::milliseconds believe_for, std::chrono::milliseconds prove_within);
  /// Removes a node that has left the hive.
  void forget(const node_id& node);
  /// Advances time. Call every `options.tick`.
  void tick(tick_point now);

  // -- answers --------------------------------------------------------------------

  /// State as of the last evidence or tick; none for an unknown node. This node is active.
  std::optional<member_state> state_of(const node_id& node) const;
  /// Reason for that state; empty for an unknown node.
  std::string reason_for(const node_id& node) const;
  /// Whether the node is linked, or was seen alive since the start of this node and is active or may still refute.
  bool may_live(const node_id& node) const;
  /// Whether the node is suspected for want of evidence: neither seen alive recently nor missing long enough to be
  /// gone.
  bool is_in_doubt(const node_id& node) const;
  /// Whether to ask peers for evidence: for some member it is old or missing.
  bool lacks_evidence() const;
  /// All members except this node.
  std::vector<node_id> members() const;
  /// Time since the last contact over the link with the node; none without a link.
  std::optional<std::chrono::milliseconds> silence_of(const node_id& node, tick_point now) const;
  incarnation own_incarnation() const {
    return own_;
  }

  /// Claims for the next message, least often sent first; each counts as sent. Then one reminder about a node that has
  /// been missing for longer, in turn, for nodes that are new or missed the claim. If the peer has asked for evidence,
  /// also active nodes with the time of their last contact, in turn and as far as there is room.
  std::vector<member_claim> claims_to_send(size_t most, bool was_asked = false);
  /// State changes since the last call.
  std::vector<member_change> take_changes();

private:
  struct member {
    incarnation about;
    member_state state = member_state::ACTIVE; ///< merged from all claims about it
    tick_point since;                          ///< start of that state
    bool quarantined = false;
    bool linked = false;
    bool has_evidence = false; ///< since the start of this node
    tick_point last_heard; ///< by this node while linked, otherwise by any node; without evidence: when it was added
    uint32_t transmit_count = 0;
    std::optional<member_state> shown;
    std::string why;                      ///< reason for `shown`
    std::optional<member_state> reported; ///< last state reported as a change
  };

  member* find_or_add(const node_id& node, uint64_t epoch, tick_point now);
  /// Merges a claim.
  void believe(member& known, incarnation about, member_state state, tick_point now);
  bool is_heard(const member& known, tick_point now) const;
  /// Records contact with the node at `heard`, by this node or another.
  void take_evidence(member& known, tick_point heard) const;
  /// State according to the age of the evidence.
  member_state believable(const member& known, tick_point now) const;
  std::optional<std::chrono::milliseconds> heard_ago(const member& known) const;
  member_claim claim_about(const node_id& node, const member& known) const;
  void add_evidence(std::vector<member_claim>& to, size_t most);
  /// Removes the member that has been absent longest. False when there is none.
  bool evict_absent_member();
  member_state state_to_show(const member& known, tick_point now) const;
  /// Updates the visible state and reports a change.
  void show(const node_id& node, member& known, const std::string& why, tick_point now);
  void age(const node_id& node, member& known, tick_point now);
  void apply_claim(const member_claim& claim, member& known, tick_point now);
  void refute(const member_claim& claim);
  uint32_t transmit_limit() const;
  void retransmit(uint32_t& transmit_count) const;
  std::optional<member_claim> reminder();

  node_id self_;
  membership_options options_;
  std::chrono::milliseconds time_to_refute_;
  std::chrono::milliseconds believe_for_;
  std::chrono::milliseconds prove_within_;
  incarnation own_;
  uint32_t own_transmit_count_ = 0;
  tick_point last_tick_;
  node_id last_reminder_;
  node_id last_vouched_;
  std::map<node_id, member> members_;
  std::vector<member_change> changes_;
};

} // namespace hive
