#pragma once

#include "actors/defaults.hpp"
#include "actors/hive/core/core_types.hpp"
#include "actors/hive/core/federation_profile.hpp"
#include "actors/hive/core/gossip_exchange.hpp"
#include "actors/hive/core/hearing.hpp"
#include "actors/hive/core/push_lane.hpp"
#include "actors/hive/link/api.hpp"
#include "actors/hive/members/overlay.hpp"
#include "actors/hive/state/own_slots.hpp"
#include "actors/slot_topic.hpp"
#include "messages/door.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/revocation.capnp.h"
#include "platform/rate_limiter.hpp"
#include "platform/restart_intensity.hpp"

#include <random>
#include <set>

namespace hive {

struct hive_core_options {
  key_pair keys;
  uint64_t epoch = 0;
  uint64_t run = 0; ///< random number from 1 to max_run, see replica; 0: as earlier versions
  /// Whether the node hears others before it publishes, if it knows any. Off where it cannot have told anything before,
  /// or never has links.
  bool hears = false;
  bool joins = false; ///< addresses of other nodes are configured
  /// Stamp of the newest slot that this node has told others, from a note outside of the store. If the store has the
  /// same one, or a later one of the same run, it is no older copy.
  std::optional<write_stamp> told;
  hearing_options hearing;
  federation_profile gossip;
  /// Hello of this node until the door supplies its own.
  msg<wire::Hello> self;
  replica_options bounds;
  membership_options membership;
  overlay_options overlay;
  admission_check admit;                         ///< required
  std::vector<slot_rules> topics;                ///< besides the card
  std::optional<certificate_dates> certificates; ///< none without TLS
  std::vector<certificate> trusted;              ///< CAs whose revocation lists count; none without TLS

  /// Fails with ec::invalid, naming the option.
  caf::error validate() const;
};

/// Key fingerprints of CAs, in their order.
std::vector<std::string> keys_of(const std::vector<certificate>& trusted);

/// State of the hive on one node, and the rules by which it changes: what this node publishes and accepts, which nodes
/// it considers alive, and its links. A pure state machine over replica, membership and overlay, without clock, socket,
/// disk or actors. The owner carries out what a step returns: the federation actor in hived, simulations in tests.
///
/// Changes spread in two ways. A change is pushed to linked nodes at once, which push it on; each node uses a few links
/// for that, on which few duplicates arrive (see push_lane). In addition, periodic pairwise exchanges find every
/// difference between two replicas, whatever its cause (see gossip_exchange).
class hive_core {
public:
  hive_core(hive_core_options options, core_time now);

  // -- start ------------------------------------------------------------------------

  /// Inserts a slot that an earlier run stored. Call in any order, before `begin`. Fails with ec::corrupt.
  caf::error restore(wire::StoredSlot::Reader stored);
  caf::error restore(wire::EquivocationProof::Reader stored, quarantine::kind of = quarantine::kind::equivocation);
  /// A list of a CA that is not trusted any more is passed over.
  caf::error restore(wire::StoredRevocationList::Reader stored);
  core_output begin(core_time now);

  /// Whether the store is known to hold all that this node ever told. Call after `begin`.
  bool is_disk_current() const {
    return is_disk_current_;
  }

  // -- life -------------------------------------------------------------------------

  core_output step(core_event event, core_time now);

  // -- questions --------------------------------------------------------------------

  /// Another live node that has the candidate's certificate, which rules out a link with the candidate.
  std::optional<node_id> certificate_conflict(const link_candidate& candidate) const;

  /// This node and all known ones.
  msg<wire::NodeList> nodes(core_time now) const;
  /// A list with only the node `id`. ec::not_found when it is unknown.
  caf::expected<msg<wire::NodeList>> node(const node_id& id, core_time now) const;
  msg<wire::HiveStatus> status(core_time now) const;
  msg<wire::HeldRevocations> held_revocations() const;
  /// Whether a CA has forgotten this node.
  bool refuses(const node_id& node) const {
    return revoked_.forgets(node);
  }

  const replica& held() const {
    return replica_;
  }

private:
  struct peer {
    bool linked = false;            ///< a link is up
    bool same_root = false;         ///< as of its last message
    bool asking = false;            ///< a question to it is pending
    bool round_due = false;         ///< an exchange with it is due
    bool wants_evidence = false;    ///< asks it for evidence in that exchange
    uint32_t hearing_exchanges = 0; ///< without an exchange in which it told all that it holds of this node's slots
    std::map<std::string, uint64_t> lists_known; ///< CRL number per CA that it trusts, as it last told
    std::map<std::string, uint64_t> lists_told;  ///< lists sent over this link
    bool lists_named = false;                    ///< this node has told which lists it knows
    push_lane pushes;
    msg<wire::Hello> hello;
    std::string holder; ///< see link_candidate
    int64_t last_seen_unix_micros = 0;
    std::chrono::microseconds round_trip{0};
    std::string reason; ///< why the link was lost
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

  /// Time of the last publication of a topic, and whether it has changed since.
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
  /// Logs a warning about a peer, at a limited rate.
  void warn_limited(std::string what);
  const slot_rules* rules_of(slot_kind kind) const;
  void report_changes();
  void report_clocks();

  // -- hive_core_hearing.cpp: what other nodes hold of this node's slots
  void begin_hearing();
  void on(store_vouched);
  /// Takes notice of an answer, and goes on at once with a node that has more to tell.
  void listen(const node_id& from, peer& entry, wire::GossipAnswer::Reader answer);
  void advance_hearing();
  void end_hearing();
  /// Nodes that may hold slots of this one.
  std::vector<node_id> hearable() const;
  /// Shows slots in the node list that cannot be written yet.
  void show_own(const publish_slots& what);
  void want(publish_slots what);

  // -- hive_core_publish.cpp: what this node publishes
  void on(publish_slots what);
  void on(publish_together what);
  void on(slots_admitted what);
  void on(slot_readers what);
  void on(const store_done& outcome);
  /// Publishes changed topics whose interval has passed.
  void publish_changed();
  /// Shortest interval between publications of a topic.
  std::chrono::milliseconds pace() const;
  bool is_urgent(slot_kind kind) const;
  /// Whether the node reads an urgent topic.
  bool is_reader(const node_id& node) const;
  /// Makes changed own slots durable, then publishes them.
  void write_own();
  void commit_own();
  void write_card(int64_t written_at);
  /// Rewrites the card before it becomes one of the oldest.
  void refresh_card();
  /// If the store is older than what this node published, continues in a later epoch, and retries until that epoch is
  /// stored. Gives up after too many raises, which mean that another node uses this identity.
  void raise_epoch();
  void begin_epoch(uint64_t epoch);
  void fail_to_raise(const caf::error& error);
  void put_own_slots(write_set& writes, const std::vector<slot_ptr>& slots) const;

  // -- hive_core_gossip.cpp: exchanges with other nodes
  void on(const question_received& asked);
  caf::expected<msg<wire::GossipAnswer>> take_push(const question_received& asked, join_outcome& joined);
  void on(const answer_received& heard);
  void on(const malformed_received& what);
  /// Sends the peer the next question, unless one is pending.
  void advance(const node_id& id, peer& to);
  void ask(const node_id& id, peer& to, msg<wire::GossipQuestion> question);
  void push(const node_id& id, peer& to);
  /// Pushes changes of this node to the linked ones of these nodes at once, whatever the ways of pushes are.
  void hurry(const std::map<node_id, write_stamp>& own_news, const std::set<node_id>& readers);
  /// Pushes changes to all peers to which pushes go, except the sender. Peers in `told_by_it` do not get the sender's
  /// own changes: the sender has pushed them there itself.
  void spread(const std::map<node_id, write_stamp>& news, const node_id& from,
              const std::set<node_id>& told_by_it = {});
  /// The nodes that `origin` tells at once all that it wrote of this. A copy from each of its readers to each other
  /// one would be most of the traffic; who has no link with the origin gets it by the next exchange.
  std::set<node_id> told_by(const node_id& origin, const join_outcome& joined) const;
  void on_message(const message_facts& what);
  /// Stores, delivers and pushes the result of a join. `pushed`: the whole delta is recent; otherwise only what `from`
  /// wrote itself.
  void apply(const join_outcome& joined, const node_id& from, bool pushed);
  void store_received(const join_outcome& joined);
  gossip::contents contents_for(const node_id& peer, bool was_asked = false);
  /// Number of linked peers to which (`to_it`) or from which (`from_it`) pushes go; defaults::push_degree are wanted
  /// each way.
  size_t count_linked(bool push_lane::*with) const;
  bool wants_pushes() const;
  void widen_pushes();

  // -- hive_core_topics.cpp: delivery to the consumers of topics
  void deliver(const accepted_slot& each);
  void deliver_all(const node_id& origin);
  void withdraw(const node_id& origin);
  caf::expected<slot_content> decode(const slot& what) const;
  void keep(const node_id& origin, const slot& what, const slot_content& content);
  const msg<wire::NodeCard>* card_of(const node_id& node) const;

  // -- hive_core_links.cpp: links
  void on(const door_opened& door);
  void on(const link_offer& offered);
  void on(const link_up& up);
  void on(const link_down& down);
  void on(const dial_failed& what);
  void on(const close_received& closed);
  void on(links_used what);
  void on(const link_wanted& what);
  /// Asks the door to keep a link with this node; in a large hive `choose_links` does that instead.
  void keep_linked(const node_id& node);
  void compare_doors(const accepted_slot& card);
  /// Whether the hive is too large for a full mesh. Stays true once it was.
  bool is_large() const {
    return chooses_links_ || replica_.origin_count() > options_.overlay.mesh_limit;
  }
  /// In a large hive: opens missing links and closes superfluous ones.
  void choose_links();
  void dial_readers();
  void stop_dialling();
  std::vector<node_id> linked_nodes() const;
  unlinked_nodes others() const;
  void dial(const node_id& node);
  void replace(const node_id& lost);

  // -- hive_core_places.cpp: which nodes have a place in the hive
  /// Adds all nodes that have a card to the membership. Without other evidence they are suspected.
  void add_known_members();
  /// Drops all state about nodes that the replica has forgotten.
  void forget_nodes();
  /// The live node that counts for this certificate; none when that is `but`.
  std::optional<node_id> live_node_with(const std::string& holder, const node_id& but) const;
  /// Closes links with nodes whose certificate another live node uses.
  void close_superseded_links();
  /// Handles another node that has this node's certificate and a newer card: takes the place back if that node is gone,
  /// logs an error if it is alive.
  void watch_own_place();
  void warn_of_expiry();
  std::chrono::milliseconds rounds(int count) const;
  void set_patience();

  // -- hive_core_revocations.cpp: certificates and nodes that a CA takes back
  void on(const revocations_given& given);
  void on(trust_renewed what);
  caf::expected<std::vector<revocation_list>> judge(const revocations_given& given) const;
  /// Takes notice of what another node knows of the lists, and of the lists that it sent.
  void hear_revocations(const node_id& from, capnp::List<wire::KnownRevocations, capnp::Kind::STRUCT>::Reader known,
                        capnp::List<wire::RevocationList, capnp::Kind::STRUCT>::Reader lists);
  /// Takes a checked list if it is newer than the one held, and stores it.
  bool adopt(const revocation_list& list);
  /// Puts the lists in force: on links, nodes, and those that still lack them.
  void enforce_revocations();
  void store_revocations();
  /// Adds what this node knows of the lists, and those that the peer lacks.
  void add_revocations(peer& to, gossip::contents& into);
  bool lacks_lists(const peer& to) const;
  /// Whether the certificate in the node's card is revoked.
  bool is_revoked(const node_id& node) const;
  void keep_certificate(const node_id& origin, wire::NodeCard::Reader card);

  // -- hive_core_view.cpp: queries
  void fill_card(wire::NodeInfo::Builder out, const node_id& id) const;
  void fill(wire::NodeInfo::Builder out, const node_id& id, core_time now) const;
  void fill_clocks(wire::HiveStatus::Builder out) const;
  void fill_certificates(wire::HiveStatus::Builder out, core_time now) const;
  /// The name from the card or the hello of the node; empty while unknown.
  std::string name_of(const node_id& node) const;

  hive_core_options options_;
  core_time now_; ///< of the current step
  core_output out_;
  std::optional<tick_point> waking_at_;

  replica replica_;
  membership membership_;
  overlay overlay_;
  bool chooses_links_ = false;
  bool has_door_ = false;
  std::set<node_id> used_links_;
  peer_map peers_;
  std::mt19937_64 random_;
  size_t answered_equal_ = 0; ///< exchanges begun by others since the last round that found no difference
  counters counters_;
  clock_watch clocks_{defaults::max_clock_difference};
  rate_limiter warning_limiter_;

  std::vector<std::string> trusted_keys_; ///< fingerprints of options_.trusted
  revocations revoked_;
  bool revoked_unsaved_ = false; ///< the last write of the lists failed
  /// The certificate in a node's card.
  struct card_certificate {
    certificate cert;
    std::string serial;
    std::string key;
    std::string why_revoked; ///< empty: it is not
  };
  std::map<node_id, card_certificate> certificates_;

  std::map<slot_kind, slot_rules> topics_;
  std::map<node_id, msg<wire::NodeCard>> cards_;
  /// Content of topics with a `describe` function.
  std::map<node_id, std::map<slot_name, slot_content>> contents_;

  own_slots own_;
  hearing hearing_;
  bool is_disk_current_ = false;
  std::map<slot_kind, topic_pace> paces_;
  std::optional<tick_point> urgent_published_;     ///< last publication of any urgent topic
  std::map<slot_kind, std::set<node_id>> readers_; ///< of urgent topics
  std::vector<slot_ptr> writing_own_;              ///< own slots being written
  bool own_changed_ = false;                       ///< own slots changed during that write
  bool raising_epoch_ = false;
  std::string raise_failure_; ///< last error of storing the epoch
  restart_intensity raises_{defaults::max_epoch_raises, defaults::epoch_raise_window};
  bool has_twin_ = false; ///< another node uses this identity
  restart_intensity card_claims_{defaults::max_card_claims, defaults::card_claim_window};
  tick_point card_written_;
  std::optional<node_id> superseded_by_; ///< a live node with this node's certificate and a newer card
  expiry_watch expiry_;
};

} // namespace hive
