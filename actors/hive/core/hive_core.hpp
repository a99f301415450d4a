#pragma once

#include "actors/defaults.hpp"
#include "actors/hive/core/core_types.hpp"
#include "actors/hive/core/federation_profile.hpp"
#include "actors/hive/core/gossip_exchange.hpp"
#include "actors/hive/core/push_lane.hpp"
#include "actors/hive/link/api.hpp"
#include "actors/hive/members/overlay.hpp"
#include "actors/hive/state/own_slots.hpp"
#include "actors/slot_topic.hpp"
#include "messages/door.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/hive.capnp.h"
#include "platform/rate_limiter.hpp"
#include "platform/restart_intensity.hpp"

#include <random>
#include <set>

namespace hive {

/// How long this node's certificates are valid, in seconds since 1970.
struct certificate_dates {
  int64_t own_from = 0;
  int64_t own_until = 0;
  int64_t ca_until = 0; ///< of the CA that issued it
  std::vector<watched_certificate> watched;
};

struct hive_core_options {
  key_pair keys;
  uint64_t epoch = 0;
  federation_profile gossip;
  /// How this node introduces itself until its door says it better.
  msg<wire::Hello> self;
  replica_options bounds;
  membership_options membership;
  overlay_options overlay;
  admission_check admit;                         ///< required
  std::vector<slot_rules> topics;                ///< without the card
  std::optional<certificate_dates> certificates; ///< none without TLS

  /// ec::invalid naming the option.
  caf::error validate() const;
};

/// The state of the hive as one node has it, and the rules by which it changes: what this node publishes, what it takes
/// from others, whom it takes for alive, whom it links with. A pure state machine over the replica, the membership and
/// the overlay: no clock, no socket, no disk, no actor. Whoever owns it carries out what a step returns; the federation
/// actor does it in hived, the simulations do it in tests.
///
/// News travels in two ways. A change is pushed at once to linked nodes, which push it on; each node keeps a few links
/// for that on which little comes twice (see push_lane). Rounds of pairwise exchanges beside it bring what was missed:
/// every difference between two replicas, whatever its cause (see gossip_exchange).
class hive_core {
public:
  /// `options` must be valid.
  hive_core(hive_core_options options, core_time now);

  // -- start ------------------------------------------------------------------------

  /// Takes in what an earlier life stored, in any order, before `begin`. ec::corrupt.
  caf::error restore(wire::StoredSlot::Reader stored);
  caf::error restore(wire::EquivocationProof::Reader stored);
  /// The first step.
  core_output begin(core_time now);

  // -- life -------------------------------------------------------------------------

  core_output step(core_event event, core_time now);

  // -- questions --------------------------------------------------------------------

  /// Another node that lives on the certificate of this one, with which no link may be made then.
  std::optional<node_id> certificate_conflict(const link_candidate& candidate) const;

  /// This node and all that it knows of.
  msg<wire::NodeList> nodes(core_time now) const;
  /// One of them. ec::not_found.
  caf::expected<msg<wire::NodeList>> node(const node_id& id, core_time now) const;
  msg<wire::HiveStatus> status(core_time now) const;

  const replica& held() const {
    return replica_;
  }

private:
  struct peer {
    bool linked = false;         ///< which the transport's heartbeat guards
    bool same_root = false;      ///< when last heard of
    bool asking = false;         ///< a question to it is unanswered
    bool round_due = false;      ///< its turn in a round has come
    bool wants_evidence = false; ///< in that round
    push_lane pushes;
    msg<wire::Hello> hello;
    std::string holder; ///< see link_candidate
    int64_t last_seen_unix_micros = 0;
    std::chrono::microseconds round_trip{0};
    std::string reason; ///< why it is not linked
  };
  using peer_map = std::map<node_id, peer>;

  struct message_facts {
    node_id from;
    capnp::Data::Reader root;
    wire::MemberClaims::Reader claims;
    size_t bytes = 0;
  };

  struct counters {
    uint64_t exchanges = 0;
    uint64_t failed = 0;
    uint64_t sent_bytes = 0;
    uint64_t received_bytes = 0;
    uint64_t malformed = 0;
  };

  /// When a topic was published last, and whether it has changed since.
  struct topic_pace {
    std::optional<tick_point> published;
    bool changed = false;
  };

  // -- hive_core.cpp: time and dispatch
  void on(round_due);
  void on(pulse_due);
  void on(wake_due);
  core_output finish();
  void wake_at(tick_point when);
  void log(log::level level, std::string text);
  /// A warning about what a peer did, unless there were too many of them.
  void warn_limited(std::string what);
  const slot_rules* rules_of(slot_kind kind) const;
  void report_changes();
  void report_clocks();

  // -- hive_core_publish.cpp: what this node says
  void on(publish_slots what);
  void on(const store_done& outcome);
  /// Publishes what may be published by now.
  void publish_changed();
  /// Between two publications of a topic.
  std::chrono::milliseconds pace() const;
  /// Makes what is wanted of the own slots durable and then tells it.
  void write_own();
  void commit_own();
  void write_card(int64_t written_at);
  /// So that the card does not become one of the oldest.
  void refresh_card();
  /// While the store is older than what this node told others: goes on under a later epoch, and tries again until that
  /// is stored. Not without end: then somebody else speaks in its name.
  void raise_epoch();
  void begin_epoch(uint64_t epoch);
  void fail_to_raise(const caf::error& error);
  void put_own_slots(write_set& writes, const std::vector<slot_ptr>& slots) const;

  // -- hive_core_gossip.cpp: exchanges with other nodes
  void on(const question_received& asked);
  caf::expected<msg<wire::GossipAnswer>> take_push(const question_received& asked, join_outcome& joined);
  void on(const answer_received& heard);
  void on(const malformed_received& what);
  /// Asks the peer the next thing, unless a question to it is open.
  void advance(const node_id& id, peer& to);
  void ask(const node_id& id, peer& to, msg<wire::GossipQuestion> question);
  void push(const node_id& id, peer& to);
  /// Hands news on to the peers, but to the one that it came from.
  void spread(const std::map<node_id, write_stamp>& news, const node_id& from);
  void on_message(const message_facts& what);
  /// Stores and passes on what a join brought. `pushed`: all of it is fresh; otherwise what concerns the sender is.
  void apply(const join_outcome& joined, const node_id& from, bool pushed);
  void store_received(const join_outcome& joined);
  gossip::contents contents_for(const node_id& peer, bool was_asked = false);
  /// Pushes go to at least defaults::push_degree peers, and come from as many.
  size_t count_linked(bool push_lane::*with) const;
  bool wants_pushes() const;
  void widen_pushes();

  // -- hive_core_topics.cpp: what the services are told
  void deliver(const accepted_slot& each);
  void deliver_all(const node_id& origin);
  void withdraw(const node_id& origin);
  caf::expected<slot_content> decode(const slot& what) const;
  void keep(const node_id& origin, const slot& what, const slot_content& content);
  const msg<wire::NodeCard>* card_of(const node_id& node) const;

  // -- hive_core_links.cpp: with whom it is linked
  void on(const door_opened& door);
  void on(const link_offer& offered);
  void on(const link_up& up);
  void on(const link_down& down);
  void on(const dial_failed& what);
  void on(const close_received& closed);
  /// Links with this node, if it is this one that dials. In a large hive `choose_links` does that.
  void keep_linked(const node_id& node);
  void compare_doors(const accepted_slot& card);
  /// Whether the hive has more nodes than a full mesh is for. Once it was, it stays large.
  bool is_large() const {
    return chooses_links_ || replica_.origin_count() > options_.overlay.mesh_limit;
  }
  /// In a large hive: makes the links that are missing and gives up those too many.
  void choose_links();
  void stop_dialling();
  std::vector<node_id> linked_nodes() const;
  unlinked_nodes others() const;
  void dial(const node_id& node);
  void replace(const node_id& lost);

  // -- hive_core_places.cpp: who has a place in the hive
  /// Those whose card is held. Without other evidence that they live they are suspected.
  void add_known_members();
  /// Lets go of everything about nodes that the replica has forgotten.
  void forget_nodes();
  /// The node with which a link would be one too many: another one that lives on this certificate.
  std::optional<node_id> live_node_with(const std::string& holder, const node_id& but) const;
  /// Ends links with nodes whose certificate another node lives on.
  void close_superseded_links();
  /// Where another node has this one's certificate and a newer card: takes the place back from one that is gone, and
  /// says so when it lives.
  void watch_own_place();
  void warn_of_expiry();
  std::chrono::milliseconds rounds(int count) const;
  void set_patience();

  // -- hive_core_view.cpp: what is shown
  void fill_card(wire::NodeInfo::Builder out, const node_id& id) const;
  void fill(wire::NodeInfo::Builder out, const node_id& id, core_time now) const;
  void fill_clocks(wire::HiveStatus::Builder out) const;
  void fill_certificates(wire::HiveStatus::Builder out, core_time now) const;
  /// The name on the node's card, or as it introduced itself; empty while neither is known.
  std::string name_of(const node_id& node) const;

  hive_core_options options_;
  core_time now_; ///< of the step under way
  core_output out_;
  std::optional<tick_point> waking_at_;

  replica replica_;
  membership membership_;
  overlay overlay_;
  bool chooses_links_ = false;
  bool has_door_ = false;
  peer_map peers_;
  std::mt19937_64 random_;
  counters counters_;
  clock_watch clocks_{defaults::max_clock_difference};
  rate_limiter warning_limiter_;

  std::map<slot_kind, slot_rules> topics_;
  std::map<node_id, msg<wire::NodeCard>> cards_;
  /// Of topics that describe nodes.
  std::map<node_id, std::map<slot_name, slot_content>> contents_;

  own_slots own_;
  std::map<slot_kind, topic_pace> paces_;
  std::vector<slot_ptr> writing_own_; ///< own slots on their way to the disk
  bool own_changed_ = false;          ///< meanwhile
  bool raising_epoch_ = false;
  std::string raise_failure_; ///< why it could not be stored the last time
  restart_intensity raises_{defaults::max_epoch_raises, defaults::epoch_raise_window};
  bool has_twin_ = false; ///< another node has this one's identity
  restart_intensity card_claims_{defaults::max_card_claims, defaults::card_claim_window};
  tick_point card_written_;
  std::optional<node_id> superseded_by_; ///< a newer node that lives on this one's certificate
  expiry_watch expiry_;
};

} // namespace hive
