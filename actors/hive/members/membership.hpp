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

/// Monotonic time, passed in: a clock that is set changes nothing here.
using tick_point = std::chrono::steady_clock::time_point;

using member_state = wire::MemberState;

/// How often a node says that it lives. Only the node itself raises it: to contradict those who take it for gone, or
/// because it starts again (`epoch`).
struct incarnation {
  uint64_t epoch = 0;
  uint64_t count = 0;
  auto operator<=>(const incarnation&) const = default;
};

/// What somebody believes of a node. Of two claims the one about the later incarnation holds, of those about the same
/// one the worse: so claims join in any order to the same.
struct member_claim {
  node_id node;
  incarnation about;
  member_state state = member_state::ACTIVE;
  /// Since a node that is linked with it heard it, as far as the claimant knows.
  std::optional<std::chrono::milliseconds> heard_ago = {};
};

struct membership_options {
  /// Expected time between two ticks.
  std::chrono::milliseconds tick{500};
  /// Silence after which a node is suspected; above the transport's heartbeat.
  std::chrono::milliseconds suspect_after{2'000};
  /// Time for a suspected node to refute before it counts as stale.
  std::chrono::milliseconds stale_after{1'500};
  /// Time after which a stale node counts as dead. Nothing is lost by it: its statistics stay.
  std::chrono::milliseconds dead_after{600'000};
  /// How long a node without a link counts as active after it was last heard, by this node or by others.
  std::chrono::milliseconds believe_for{30'000};
  /// Time for evidence that a node lives: without it the node is suspected for so long, then stale.
  std::chrono::milliseconds prove_within{10'000};
  /// A claim is passed on to about so many times log2 of the nodes (SWIM's lambda).
  uint32_t retransmissions = 3;
  /// How far one claim may take the count of an incarnation: further than honest nodes miss of each other, and far too
  /// little for liars to come to the end of all counts.
  uint64_t count_lead = 1'000;
  size_t members = 1'024; ///< that are tracked; as many as the replica's origins

  /// ec::invalid naming the option.
  caf::error validate() const;
};

/// A change that others and the operator shall know of.
struct member_change {
  node_id node;
  std::optional<member_state> before; ///< none: it is new
  member_state after = member_state::ACTIVE;
  std::string why;
};

/// Who of the hive is there: the failure detector of one node, without clock and socket. Evidence comes from its own
/// links (up, down, heartbeats) and from what peers claim; a suspected node has time to refute. After SWIM (Das et al.
/// 2002) with suspicion and incarnations. A node that gets no time to run does not hold it against others: by how much
/// its own tick came late is not counted as anybody's silence (the idea is Lifeguard's, Dadgar et al. 2018).
///
/// A node with a link on which it hears believes its ears and not what others claim; it passes the claim on all the
/// same, so that the node can refute it for those who do not hear it.
///
/// No belief without evidence: a node of which only a card is known is suspected until a link with it stands, its card
/// of a later start comes, or a peer tells that it was heard and when. Evidence ages. Without any that is recent the
/// node is suspected, then stale, then dead; that is this node's own conclusion, which it does not tell others.
class membership {
public:
  membership(node_id self, uint64_t epoch, tick_point now, membership_options options = {});

  // -- evidence -------------------------------------------------------------------

  /// A link stands to a node that says it is in this epoch.
  void link_up(const node_id& node, uint64_t epoch, tick_point now);
  /// It was lost: the node is suspected at once.
  void link_down(const node_id& node, const std::string& why, tick_point now);
  /// It was given up by agreement, which says nothing of the node: from now on others hear it.
  void link_closed(const node_id& node, tick_point now);
  /// Nobody answered at its door: a node without a link is suspected then. If it lives, others tell it and it refutes.
  void dial_failed(const node_id& node, const std::string& why, tick_point now);
  /// A sign of life on its link, or an answer to a question that another node asked it for this one.
  void confirm_alive(const node_id& node, tick_point now);
  /// A node whose card is known. That it was started again is evidence; the card of a node that is new is none, since
  /// it may have been gone for long.
  void learn_card(const node_id& node, uint64_t epoch, tick_point now);
  /// What peers claim. Nothing is believed that the node could not refute: no epoch that its card or its link does not
  /// prove. ec::invalid, naming it, for a claim that no honest node makes; the others hold all the same.
  caf::error apply_claims(const std::vector<member_claim>& claims, tick_point now);
  /// This node goes on in a later epoch, which its card will tell.
  void raise_epoch(uint64_t epoch);
  /// The replica put the node into quarantine, or released it.
  void set_quarantined(const node_id& node, bool quarantined, tick_point now);
  /// How long a suspected node has to refute from now on, `options.stale_after` at least: without a link with
  /// everybody, suspicion and refutation take rounds of gossip.
  void set_time_to_refute(std::chrono::milliseconds time);
  /// How long evidence is good for, and how long to wait for it, `options` at least.
  void set_patience(std::chrono::milliseconds believe_for, std::chrono::milliseconds prove_within);
  /// The node is of this hive no more.
  void forget(const node_id& node);
  /// To be called every `options.tick`: lets time pass.
  void tick(tick_point now);

  // -- answers --------------------------------------------------------------------

  /// As of the last evidence or tick. None for an unknown node; this node is active.
  std::optional<member_state> state_of(const node_id& node) const;
  /// Why it is in that state; empty for an unknown node.
  std::string reason_for(const node_id& node) const;
  /// Whether it was heard in this node's life and is not missed for good: it may still refute.
  bool may_live(const node_id& node) const;
  /// Whether there is neither recent evidence that it lives nor time enough to take it for gone.
  bool is_in_doubt(const node_id& node) const;
  /// Whether somebody is worth asking others about: the evidence is old or missing.
  bool lacks_evidence() const;
  /// All but this one.
  std::vector<node_id> members() const;
  /// Time since the node was last heard on a link of its own; none without one.
  std::optional<std::chrono::milliseconds> silence_of(const node_id& node, tick_point now) const;
  incarnation own_incarnation() const {
    return own_;
  }

  /// Changes that are worth passing on, those told least often first; each counts as told. Behind them, in turn, one of
  /// the nodes that have been missing for longer: for those who are new, or did not hear it when it was told. For a
  /// peer that asked who lives, in turn and as far as there is room, also nodes that were heard and when.
  std::vector<member_claim> claims_to_send(size_t most, bool was_asked = false);
  /// Changes since the last call.
  std::vector<member_change> take_changes();

private:
  struct member {
    incarnation about;
    member_state state = member_state::ACTIVE; ///< the joined claims about it
    tick_point since;                          ///< of that state
    bool quarantined = false;
    bool linked = false;
    bool has_evidence = false; ///< in this node's life
    tick_point last_heard; ///< by this node while linked, otherwise by others too; without evidence: when it was met
    uint32_t transmit_count = 0;
    std::optional<member_state> shown;
    std::string why;                      ///< it is shown so
    std::optional<member_state> reported; ///< as a change
  };

  member* find_or_add(const node_id& node, uint64_t epoch, tick_point now);
  /// Joins a claim with what is known.
  void believe(member& known, incarnation about, member_state state, tick_point now);
  bool is_heard(const member& known, tick_point now) const;
  /// The node was heard `ago`, by this one or another.
  void take_evidence(member& known, tick_point heard) const;
  /// What the age of the evidence allows to believe.
  member_state believable(const member& known, tick_point now) const;
  std::optional<std::chrono::milliseconds> heard_ago(const member& known) const;
  member_claim claim_about(const node_id& node, const member& known) const;
  void add_evidence(std::vector<member_claim>& to, size_t most);
  /// Makes room for one more when all places are taken.
  bool evict_absent_member();
  member_state state_to_show(const member& known, tick_point now) const;
  /// Tells of the change when there is one.
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
