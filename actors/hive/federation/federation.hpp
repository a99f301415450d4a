#pragma once

#include "actors/defaults.hpp"
#include "actors/events/events.hpp"
#include "actors/hive/federation/federation_profile.hpp"
#include "actors/hive/federation/gossip_exchange.hpp"
#include "actors/hive/federation/peer.hpp"
#include "actors/hive/members/clock_watch.hpp"
#include "actors/hive/members/expiry_watch.hpp"
#include "actors/hive/members/membership.hpp"
#include "actors/hive/members/views.hpp"
#include "actors/hive/state/own_slots.hpp"
#include "actors/hive/state/replica.hpp"
#include "actors/interfaces.hpp"
#include "analysis/hive_statistics.hpp"
#include "platform/rate_limiter.hpp"
#include "platform/restart_intensity.hpp"
#include "storage/hive_store.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

namespace hive {

/// How long this node's certificates are valid, in seconds since 1970.
struct certificate_dates {
  int64_t own_from = 0;
  int64_t own_until = 0;
  int64_t ca_until = 0; ///< of the CA that issued it
  std::vector<watched_certificate> watched;
};

struct federation_options {
  key_pair keys;
  uint64_t epoch = 0;
  federation_profile gossip;
  /// How this node introduces itself until its door says it better.
  msg<wire::Hello> self;
  replica_options bounds;
  membership_options membership;
  views_options views;
  slot_checks checks;                            ///< both are required
  std::optional<certificate_dates> certificates; ///< none without TLS

  /// ec::invalid naming the option.
  caf::error validate() const;
};

/// Whom the federation needs.
struct federation_services {
  std::shared_ptr<database> db;
  committer_actor committer;
  tracker_actor tracker;
  results_actor results;
  event_sink_actor events = {}; ///< told of changes of the membership
};

/// internal: the round of gossip, the pulse of the failure detector, and what the peers' actors ask.
using round_atom = caf::atom_constant<caf::atom("round")>;
using pulse_atom = caf::atom_constant<caf::atom("pulse")>;
using federation_self = federation_actor::extend<caf::reacts_to<round_atom>, caf::reacts_to<pulse_atom>,
                                                 caf::replies_to<peer_question>::with<msg<wire::GossipAnswer>>,
                                                 caf::replies_to<peer_answer>::with<next_question>, //
                                                 caf::reacts_to<peer_farewell>,                     //
                                                 caf::reacts_to<peer_unreadable>>;

/// Keeps the state of the hive in a replica: writes this node's slots into it, exchanges it with other nodes in rounds,
/// and tells the tracker what they say of their tools. Own slots are durable before anybody hears of them; what others
/// say is stored behind it, since they can say it again.
class federation_state {
public:
  using pointer = federation_self::stateful_pointer<federation_state>;
  static inline const char* name = "federation";

  federation_state() = default;
  federation_state(const federation_state&) = delete;
  federation_state& operator=(const federation_state&) = delete;
  /// Ends the peers' actors. They are not linked: each ends with its link, which must not end this one.
  ~federation_state();

  /// Reads what is stored. An error ends the actor.
  caf::error init(pointer self, federation_services services, federation_options options);

  // -- what this node says ----------------------------------------------------------

  caf::result<msg<wire::Recorded>> publish(const msg<wire::LearningDelta>& delta);
  caf::result<msg<wire::LearningDelta>> published() const;
  void tell_load(const msg<wire::NodeLoad>& load);

  // -- links ----------------------------------------------------------------------

  void open(const door_opened& door);
  caf::result<caf::ok_atom> admit(const link_candidate& who) const;
  link_actor offer(const link_offer& offered);
  void connect(const link_up& up);
  void lose(const link_down& down);
  void miss(const dial_failed& what);
  void part_from(const peer_farewell& said);
  void wonder_at(const peer_unreadable& sent);

  // -- gossip ---------------------------------------------------------------------

  void round();
  void pulse();
  caf::result<msg<wire::GossipAnswer>> answer(const peer_question& asked);
  next_question go_on(const peer_answer& heard);

  // -- what is shown ----------------------------------------------------------------

  msg<wire::NodeList> nodes() const;
  msg<wire::HiveStatus> status() const;

private:
  struct peer_entry {
    peer_actor actor;
    bool linked = false;     ///< which the transport's heartbeat guards
    bool same_root = false;  ///< when last heard of
    bool exchanging = false; ///< an exchange that this node began is under way
    msg<wire::Hello> hello;
    std::string holder; ///< see link_candidate
    int64_t last_seen_unix_micros = 0;
    std::chrono::microseconds round_trip{0};
    std::string reason; ///< why it is not linked
  };

  struct heard_of {
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
    uint64_t unreadable = 0;
  };

  caf::error restore();
  void introduce(const msg<wire::Hello>& self);
  void refresh();
  void take_results(const msg<wire::LatestResults>& results);
  /// Makes what is wanted of the own slots durable and then tells it.
  void write_own();
  void commit_own(const std::vector<slot_ptr>& written);
  /// Stores and passes on what a join brought.
  void digest(const join_outcome& joined, const node_id& from);
  void store(const join_outcome& joined);
  /// All that the origin says of its tools; nothing for one in quarantine and for this node.
  void tell_tracker(const node_id& origin);
  void tell_tracker(const accepted_slot& tools);
  void tell_tracker(const msg<wire::PeerTools>& said);
  /// The origin says nothing of its tools any more.
  void drop_from_tracker(const node_id& origin);
  /// Links with the node whose card it is, if this one dials. In a large hive `choose_links` does that.
  void meet(const accepted_slot& card);
  void compare_doors(const accepted_slot& card);
  /// Those whose card is held. Without other evidence that they live they are suspected.
  void meet_members();
  /// Lets go of everything about nodes that the replica has forgotten.
  void forget_nodes();
  /// The node with which a link would be one too many: another one that lives on this certificate.
  std::optional<node_id> living_node_of(const std::string& holder, const node_id& but) const;
  /// Ends links with nodes whose certificate another node lives on.
  void close_superseded_links();
  /// Where another node has this one's certificate and a newer card: takes the place back from one that is gone, and
  /// says so when it lives.
  void watch_own_place();
  /// So that the card does not become one of the oldest.
  void refresh_card();
  void write_card(int64_t written_at);
  void warn_of_expiry();
  std::chrono::milliseconds rounds(int count) const;
  void set_patience();
  /// Whether the hive has more nodes than a full mesh is for. Once it was, it stays large.
  bool is_large() const {
    return chooses_links_ || replica_->origin_count() > options_.views.mesh_limit;
  }
  /// In a large hive: makes the links that are missing and gives up those too many.
  void choose_links();
  void stop_dialling();
  std::vector<node_id> linked_nodes() const;
  unlinked_nodes others() const;
  void dial(const node_id& node);
  void replace(const node_id& lost);
  /// While the store is older than what this node told others: goes on under a later epoch, and tries again until that
  /// is stored. Not without end: then somebody else speaks in its name.
  void raise_epoch();
  void begin_epoch(uint64_t epoch);
  void fail_to_raise(const caf::error& error);
  void hear(const heard_of& what);
  msg<wire::GossipQuestion> first_question(const node_id& peer, bool asks_who_lives);
  void tell_changes();
  /// The name on the node's card, or as it introduced itself; empty while neither is known.
  std::string name_of(const node_id& node) const;
  /// Writes a warning about what a peer did, unless there were too many of them.
  void complain(const std::string& what);
  void log_clocks();
  gossip::contents contents_for(const node_id& peer, bool was_asked = false);
  void fill_card(wire::NodeInfo::Builder out, const node_id& id) const;
  void fill(wire::NodeInfo::Builder out, const node_id& id) const;
  void fill_clocks(wire::HiveStatus::Builder out) const;
  void fill_certificates(wire::HiveStatus::Builder out) const;

  pointer self_ = nullptr;
  federation_services services_;
  federation_options options_;
  std::optional<replica> replica_;
  std::optional<membership> membership_;
  std::optional<views> views_;
  bool chooses_links_ = false;
  own_slots own_;
  bool writing_own_ = false;
  bool own_changed_ = false;
  bool raising_epoch_ = false;
  std::string raise_failure_; ///< why it could not be stored the last time
  restart_intensity raises_{defaults::max_epoch_raises, defaults::epoch_raise_window};
  bool has_twin_ = false; ///< another node has this one's identity
  restart_intensity card_claims_{defaults::max_card_claims, defaults::card_claim_window};
  std::chrono::steady_clock::time_point card_written_; ///< by a clock that does not jump
  std::optional<node_id> taken_by_;                    ///< a newer node that lives on this one's certificate
  expiry_watch expiry_;
  uint64_t learned_through_ = 0; ///< the newest record that the own slots count
  uint64_t rounds_ = 0;
  door_actor door_;
  std::map<node_id, peer_entry> peers_;
  std::optional<msg<wire::LearningDelta>> published_;
  std::mt19937_64 random_;
  counters counters_;
  clock_watch clocks_{defaults::max_clock_difference};
  rate_limiter complaints_{std::chrono::steady_clock::now(), defaults::refusal_log_burst, defaults::refusal_log_per_s};
};

/// Spawn with `sys.spawn(federation, services, options)`. Ends with ec::corrupt when what is stored cannot be read.
federation_self::behavior_type federation(federation_state::pointer self, federation_services services,
                                          federation_options options);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::federation_services)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::federation_options)
