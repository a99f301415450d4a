#pragma once

#include "actors/hive/state/origin_log.hpp"
#include "actors/hive/state/replica_options.hpp"
#include "actors/hive/state/slot_history.hpp"
#include "messages/hive.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// What the certificate in a card attests.
struct attested {
  std::string holder; ///< key fingerprint of the certificate; empty where there are no certificates
};

/// Decides from the card whether the holder of `key` may take part in the hive. The result must depend on nothing else,
/// such as a clock: all nodes must decide alike, now and later.
using admission_check = std::function<caf::expected<attested>(const public_key& key, wire::NodeCard::Reader card)>;

/// Decodes and checks a non-empty payload of any slot but a card; see slot_rules::decode. Null content for unknown
/// kinds, which are accepted.
using slot_decoder = std::function<caf::expected<slot_content>(const slot&)>;

/// What the owner of a replica says of its topics. The checks are required.
struct slot_checks {
  admission_check admit;
  slot_decoder decode;
  std::map<slot_kind, contradiction_rule> contradictions = {}; ///< of the topics that have one
  std::set<slot_kind> own_room = {};                           ///< topics with room of their own
};

/// Hash over the whole content of a replica; equal for equal contents, whatever the order of arrival.
using root_hash = std::array<unsigned char, 32>;

/// Why a slot was rejected.
enum class slot_refusal_reason : uint8_t {
  malformed,    ///< cannot be decoded
  signature,    ///< not signed by its origin
  not_admitted, ///< the origin has no card yet, or one that does not admit it
  gap,          ///< the delta builds on slots that are missing here; asking again helps
  from_future,  ///< a card with a time far ahead of the clock of this node
  epoch_ahead,  ///< epoch or version that no honest node reaches
  content,      ///< invalid payload
  too_large,    ///< exceeds a bound per origin
  full,         ///< exceeds a bound of this node
  superseded,   ///< a node with a newer card has the same certificate
  unjudged,     ///< a proof by the rules of a topic that this node does not know
  forgotten,    ///< a CA has forgotten the node
};
inline constexpr size_t slot_refusal_reasons = static_cast<size_t>(slot_refusal_reason::forgotten) + 1;

std::string_view to_string(slot_refusal_reason reason);

/// Who is at fault for a rejected slot.
enum class culprit : uint8_t {
  nobody,
  sender, ///< it altered data of others
  origin, ///< it signed an invalid slot
};

struct slot_refusal {
  node_id origin;
  slot_refusal_reason why = slot_refusal_reason::malformed;
  culprit at_fault = culprit::nobody;
  std::string text; ///< names what is wrong
};

/// Why the slots of an origin are ignored.
struct quarantine {
  enum class kind : uint8_t {
    content,       ///< repeatedly signed invalid payloads; ends with a valid slot of a later epoch
    forgery,       ///< repeatedly passed on forged data; ends with a valid slot of a later epoch
    equivocation,  ///< signed two different slots under one stamp; permanent, on all nodes
    contradiction, ///< signed two slots in one run that contradict each other; permanent, on all nodes
  };
  kind why = kind::content;
  std::string text;
  uint64_t epoch = 0;     ///< epoch of the origin when it was quarantined
  slot_ptr first, second; ///< the proof of equivocation or of a contradiction, the earlier slot first

  /// Whether it is permanent.
  bool is_proven() const {
    return first != nullptr;
  }
};

struct accepted_slot {
  node_id origin;
  slot_ptr what;
  slot_content content; ///< decoded payload; for a card a msg<wire::NodeCard>
};

/// Result of a join. Accepted slots are in effect at once; the caller stores them.
struct join_outcome {
  std::vector<accepted_slot> accepted; ///< in write order per origin; includes slots of quarantined origins
  std::vector<slot_refusal> refused;   ///< at most `named_refusals`
  std::vector<node_id> quarantined;    ///< quarantined by this join, and still so at its end
  std::vector<node_id> released;       ///< released by this join, and not quarantined again
  std::map<node_id, write_stamp> news; ///< origins with accepted slots or a new proof, with their highest stamp before
                                       ///< the join
};

struct replica_counters {
  uint64_t accepted = 0;
  uint64_t known = 0; ///< already held, or older than what is held
  std::array<uint64_t, slot_refusal_reasons> refused{};
};

/// Shared state of a hive on one node: a map from (origin, kind, key) to the newest signed slot of the origin. Only the
/// origin writes its slots, and the higher stamp wins, so join is commutative, associative and idempotent: replicas
/// that received the same slots, in any order and with duplicates, are equal (a state-based CRDT, Shapiro et al. 2011;
/// deltas after Almeida et al. 2018).
///
/// Reconciliation follows Scuttlebutt (van Renesse et al. 2008): a digest gives the highest stamp of each origin, and a
/// delta lists the writes of an origin oldest first. So even with truncated deltas, a replica holds all slots of an
/// origin up to some stamp, except those replaced later.
///
/// One certificate stands for one node. Among nodes with certificates of one key only the one with the newest card
/// counts, by the time in the card and then by id; the others are forgotten. The same order applies when a total bound
/// is reached: nodes with the oldest cards are evicted. Both rules depend on the cards alone, so all replicas decide
/// alike. Live nodes renew their cards from time to time.
///
/// Has no clock and no socket. All input is bounded and checked here. Slots of an equivocator are kept, but neither
/// passed on nor listed as good.
class replica {
public:
  /// `epoch` is that of the current start; no earlier start has written in it, unless the disk was set back. `run` is a
  /// random number from 1 to max_run, which tells such runs of one epoch apart.
  replica(key_pair own, uint64_t epoch, slot_checks checks, replica_options options = {}, uint64_t run = 0);

  const node_id& own_id() const {
    return own_id_;
  }

  // -- own slots ------------------------------------------------------------------

  /// Signs the next own slot without inserting it: it must be durable before it is published. An empty payload erases.
  /// Fails with ec::too_large or ec::invalid where other nodes, having all slots prepared before, would refuse it or
  /// find a contradiction, and with ec::unavailable while `must_raise_epoch`.
  caf::expected<slot_ptr> prepare(slot_name name, std::string payload, int64_t now_unix_micros);

  /// Inserts a prepared slot that is durable now, in the order of preparation. A slot whose write failed may be
  /// skipped. ec::invalid for any other slot.
  caf::error commit(slot_ptr prepared);

  /// Releases the quota of prepared slots whose writes failed.
  void forget_prepared() {
    uncommitted_.clear();
  }

  /// Continues in a later epoch, which must be durable already. ec::invalid unless it exceeds all known epochs of this
  /// node. The caller then prepares its slots again.
  caf::error raise_epoch(uint64_t epoch);

  /// Whether own slots cannot be written before `raise_epoch`: slots of this epoch or a later one were received or
  /// stored that this start did not write.
  bool must_raise_epoch() const {
    return must_raise_epoch_;
  }

  /// Highest known epoch among this node's slots.
  uint64_t highest_own_epoch() const;

  // -- restart --------------------------------------------------------------------

  /// Inserts a stored slot, in any order, before the first join. Only its signature is checked again. Fails with
  /// ec::corrupt.
  caf::error restore(const public_key& key, slot_ptr stored);
  caf::error restore(wire::EquivocationProof::Reader stored, quarantine::kind of = quarantine::kind::equivocation);

  /// Call after the last restore: forgets origins whose card is no longer admitted, for instance because its CA is no
  /// longer trusted, and origins without a place.
  void end_restore();

  // -- reconciliation -------------------------------------------------------------

  const root_hash& root() const;
  const msg<wire::HiveDigest>& digest() const;

  /// The slots that a peer with this digest lacks, at most `budget` bytes but at least one slot. `turn` is a random
  /// number that selects the first origin, so that truncated deltas do not always omit the same ones. The slots of
  /// `peer` itself come before all others: a node that lost them waits for them.
  msg<wire::HiveDelta> delta_for(wire::HiveDigest::Reader theirs, size_t budget, uint64_t turn,
                                 const node_id& peer = {}) const;

  /// Whether the node with this digest holds slots of this node that were written after all that are held here.
  bool holds_newer_own_slots(wire::HiveDigest::Reader theirs) const;

  /// The writes after these stamps, for a peer that has all writes up to them; origins not listed are left out. A zero
  /// stamp adds the card of the origin. At most `budget` bytes, as in `delta_for`.
  msg<wire::HiveDelta> delta_since(const std::map<node_id, write_stamp>& stamps, size_t budget) const;

  /// Inserts what is new and valid. Stops at the first error that only `sender` can have caused, such as an origin
  /// listed twice. After `options.strikes` such errors the sender is quarantined. Without a sender, nobody is blamed.
  join_outcome join(wire::HiveDelta::Reader delta, int64_t now_unix_micros, const node_id& sender = {});

  // -- reading --------------------------------------------------------------------

  /// The newest slot of this name, or null; including those of quarantined origins.
  slot_ptr find(const node_id& origin, const slot_name& name) const;

  /// All slots of an origin, oldest first; quarantined or not.
  std::vector<slot_ptr> slots_of(const node_id& origin) const;

  /// Calls `visit(const node_id&, const slot_ptr&)` for every slot of every origin that is not quarantined.
  template <class Visit>
  void visit_good(Visit&& visit) const {
    for (const auto& [id, known] : origins_)
      if (!known.quarantined)
        for (const auto& held : known.log.newer_than({}))
          visit(id, held);
  }

  /// The quarantine of the origin, or null.
  const quarantine* quarantine_of(const node_id& origin) const;
  /// The card that admitted the origin, which may not be among its slots; null for an unknown origin.
  slot_ptr credential_of(const node_id& origin) const;
  /// Stamp of the newest slot; zero for an unknown origin.
  write_stamp highest_of(const node_id& origin) const;
  /// Null for an unknown origin.
  const public_key* key_of(const node_id& origin) const;
  std::vector<node_id> origins() const;
  size_t origin_count() const {
    return origins_.size();
  }

  const replica_counters& counters() const {
    return counters_;
  }

  // -- places ---------------------------------------------------------------------

  /// Forgets these nodes and refuses them from now on, in place of those named before. This node itself stays.
  void bar(std::set<node_id> nodes);

  /// Decides anew which nodes may take part, by another check of their cards. Those that it refuses are forgotten.
  void admit_by(admission_check check);

  /// The node that counts for this certificate; null when there is none.
  const node_id* node_of(const std::string& holder) const;

  /// A node with the certificate of this node and a newer card, which counts in its place.
  struct rival {
    node_id node;
    int64_t card_written_at = 0;
  };
  std::optional<rival> newer_on_own_certificate() const;

  /// Nodes forgotten since the last call. The caller erases their stored slots.
  std::vector<node_id> take_forgotten() {
    return std::exchange(forgotten_, {});
  }

private:
  /// Rank of a node among all nodes, from its card.
  struct standing {
    std::string holder;
    int64_t written_at = 0;
  };

  struct origin {
    public_key key{};
    origin_log log;
    slot_ptr card;   ///< admitted the origin; may be newer than the log
    standing stands; ///< from that card
    uint32_t strikes = 0;
    std::set<content_hash> blamed; ///< slots already counted as a strike; at most `strikes`
    std::optional<quarantine> quarantined;
    std::map<slot_kind, slot_history> replaced; ///< of topics with a contradiction_rule

    /// What counts against the bounds.
    size_t bytes() const {
      return log.bytes() + (is_proven() ? bytes_of(*quarantined->first) + bytes_of(*quarantined->second) : 0);
    }

    /// Whether its misconduct is proven.
    bool is_proven() const {
      return quarantined && quarantined->is_proven();
    }
  };

  /// Usage of an origin against its bounds.
  struct room {
    size_t slots = 0;
    size_t bytes = 0;
    size_t slots_apart = 0; ///< of these, those of topics with room of their own
    size_t bytes_apart = 0;

    /// Accounts for the replacement of one slot by another; either may be null.
    void put(const slot* earlier, const slot* next, bool is_apart) {
      auto more_slots = static_cast<size_t>(next != nullptr) - static_cast<size_t>(earlier != nullptr);
      auto more_bytes = (next ? bytes_of(*next) : 0) - (earlier ? bytes_of(*earlier) : 0);
      slots += more_slots;
      bytes += more_bytes;
      slots_apart += is_apart ? more_slots : 0;
      bytes_apart += is_apart ? more_bytes : 0;
    }
  };

  /// State of one join.
  struct joining {
    int64_t now_unix_micros;
    node_id sender;
    std::set<node_id> named = {}; ///< origins seen so far
    join_outcome out = {};
    bool stopped = false; ///< the sender broke a rule; the rest of its delta is skipped
  };

  /// What a digest says about one origin.
  struct progress;
  struct origin_part;
  /// The parts of a delta about an origin: for a peer that does not know it, and for one that has it up to `since`.
  static origin_part part_for_newcomer(const origin& known);
  static origin_part part_since(const origin& known, write_stamp since, size_t budget, uint64_t turn);
  static msg<wire::HiveDelta> to_delta(const std::vector<origin_part>& parts);

  void join_origin(joining& work, wire::OriginDelta::Reader delta);
  origin* admit(joining& work, const node_id& id, const public_key& key, wire::OriginDelta::Reader delta);
  void join_slots(joining& work, const node_id& id, origin& known, wire::OriginDelta::Reader delta);
  /// False: skip the remaining slots of the origin.
  bool join_slot(joining& work, const node_id& id, origin& known, slot_ptr what);
  /// A slot that a newer one replaced before it arrived. False as in join_slot.
  bool join_replaced(joining& work, const node_id& id, origin& known, slot_ptr what);
  /// Refuses a slot that is too large for a message.
  std::optional<slot_refusal> check_size(const node_id& id, const slot& what) const;
  /// Results of the checks of a slot.
  struct reading {
    slot_content content;
    standing stands; ///< of a card
  };
  /// Checks a signed slot; returns why it is refused.
  std::optional<slot_refusal> check(const node_id& id, const origin& known, const room& taken, const slot& what,
                                    int64_t now_unix_micros, reading& out) const;
  caf::expected<slot_content> decode(const slot& what) const;
  std::optional<slot_refusal> check_card(const node_id& id, const origin& known, const slot& what,
                                         int64_t now_unix_micros, reading& out) const;
  /// `taken` is the usage without this slot.
  std::optional<slot_refusal> check_bounds(const origin& known, const room& taken, const slot& what) const;
  /// Usage of an origin without the slot of this name.
  room room_beside(const origin& known, const slot_name& name) const;
  /// Like room_beside, for this node, and counting prepared slots.
  room own_room_beside(const slot_name& name) const;
  void take_in(joining& work, const node_id& id, origin& known, slot_ptr what, reading read);
  /// `stands` is used for cards only.
  void put(origin& known, slot_ptr what, standing stands);

  using origin_map = std::map<node_id, origin>;
  /// Whether the card of `a` is newer than that of `b`.
  static bool outranks(const standing& a, const node_id& a_id, const standing& b, const node_id& b_id);
  /// The node to evict first; never this node or `but`.
  origin_map::iterator lowest(const node_id& but);
  /// Gives the node the place of its certificate and forgets the nodes that it supersedes; returns why it is refused.
  std::optional<slot_refusal> take_place(const node_id& id, const standing& stands);
  /// Evicts nodes with older cards until there is room for `bytes`. False if that is not enough.
  bool make_room(const node_id& id, const standing& stands, size_t bytes);
  void forget(origin_map::iterator what);
  /// Rank from the card that is held, if it is admitted.
  standing standing_of(const origin& known) const;

  using slot_pair = std::pair<slot_ptr, slot_ptr>;
  /// Decodes a proof of this kind. ec::invalid if it does not hold for `key`, ec::unsupported if it cannot be judged
  /// here.
  caf::expected<slot_pair> read_proof(const public_key& key, wire::EquivocationProof::Reader from,
                                      quarantine::kind of) const;
  /// Joins a proof. True if the origin is now quarantined permanently.
  bool join_proof(joining& work, const node_id& id, origin& known, wire::EquivocationProof::Reader proof,
                  quarantine::kind of);
  /// Quarantines the origin permanently for these two slots.
  void expose(origin& known, slot_ptr first, slot_ptr second);
  /// Like `expose`, for two slots that were found in a join.
  void expose(joining& work, const node_id& id, origin& known, slot_ptr first, slot_ptr second);
  const contradiction_rule* rule_of(slot_kind kind) const;
  /// What two slots of one name and run contradict each other in; empty if in nothing.
  std::string contradiction_of(const slot& earlier, const slot& later) const;
  std::string contradiction_of(slot_kind kind, const slot_content& earlier, const slot_content& later) const;
  slot_content content_of(const slot& what) const;
  /// A slot of the same name and run that this one contradicts, held or replaced; null when there is none.
  slot_ptr contradicted_by(const origin& known, const slot& what) const;
  /// Whether the slot, which is older than the one held, may still prove something.
  bool may_contradict(const origin& known, const slot& held, const slot& what) const;
  void remember(origin& known, slot_ptr replaced);
  void refuse(joining& work, slot_refusal refused);
  /// Refuses a signed slot. If the origin is at fault, each different slot counts as one strike.
  void refuse_slot(joining& work, const node_id& id, origin& known, const slot& what, slot_refusal refused);
  void strike(joining& work, const node_id& id, quarantine::kind why, uint64_t epoch, const std::string& text);

  void changed();

  key_pair own_keys_;
  node_id own_id_;
  slot_checks checks_;
  replica_options options_;
  uint64_t first_version_;                    ///< versions of this run are above it
  write_stamp prepared_;                      ///< newest stamp used
  std::map<slot_name, slot_ptr> uncommitted_; ///< newest prepared slot of each name
  bool must_raise_epoch_ = false;             ///< an earlier state of the store has used stamps of this epoch
  origin_map origins_;
  std::vector<node_id> forgotten_;
  std::set<node_id> barred_;
  size_t bytes_ = 0;
  replica_counters counters_;
  mutable std::optional<root_hash> root_;
  mutable std::optional<msg<wire::HiveDigest>> digest_;
};

/// Encodes a proof for the store and for peers.
void to_wire(const public_key& key, const quarantine& proven, wire::EquivocationProof::Builder out);

} // namespace hive
