#pragma once

#include "actors/hive/state/origin_log.hpp"
#include "actors/hive/state/replica_options.hpp"
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

/// What a card shows of who vouches for its node.
struct attested {
  std::string holder; ///< fingerprint of the certificate's key; empty where there are no certificates
};

/// Whether the holder of `key` may take part in the hive, by its card. The answer must depend on nothing else, such as
/// a clock: all nodes must judge alike, today and later.
using admission_check = std::function<caf::expected<attested>(const public_key& key, wire::NodeCard::Reader card)>;

/// Reads and checks the payload of a slot, which is not empty and no card; see slot_rules::decode. Null for kinds that
/// this node does not know: they pass.
using slot_decoder = std::function<caf::expected<slot_content>(const slot&)>;

/// The rules for slots that the owner of a replica gives it. Both must be there.
struct slot_checks {
  admission_check admit;
  slot_decoder decode;
};

/// Hash over all that a replica holds; equal for equal contents, in whatever order they came.
using root_hash = std::array<unsigned char, 32>;

/// Why something was not taken in.
enum class slot_refusal_reason : uint8_t {
  malformed,    ///< not even readable
  signature,    ///< not signed by its origin
  not_admitted, ///< the origin showed no card yet, or one that does not admit it
  gap,          ///< made for someone who has more; asking again helps
  from_future,  ///< a card written far ahead of this node's clock
  epoch_ahead,  ///< numbers that no honest node reaches
  content,      ///< impossible values
  too_large,    ///< over a bound of its origin
  full,         ///< over a bound of this node
  superseded,   ///< a newer node has the same certificate
};
inline constexpr size_t slot_refusal_reasons = static_cast<size_t>(slot_refusal_reason::superseded) + 1;

std::string_view to_string(slot_refusal_reason reason);

/// Who did wrong.
enum class culprit : uint8_t {
  nobody,
  sender, ///< it altered what it passed on
  origin, ///< it signed what is wrong
};

struct slot_refusal {
  node_id origin;
  slot_refusal_reason why = slot_refusal_reason::malformed;
  culprit at_fault = culprit::nobody;
  std::string text; ///< names the offending thing
};

/// Why an origin's slots do not count.
struct quarantine {
  enum class kind : uint8_t {
    content,      ///< it keeps signing impossible values; ends when it starts again and signs what holds
    forgery,      ///< it keeps passing on what nobody signed; ends likewise
    equivocation, ///< it signed two different slots under one stamp; for ever, on all nodes
  };
  kind why = kind::content;
  std::string text;
  uint64_t epoch = 0;     ///< of the offending slot
  slot_ptr first, second; ///< the proof of equivocation
};

struct accepted_slot {
  node_id origin;
  slot_ptr what;
  slot_content content; ///< of its payload; of a card a msg<wire::NodeCard>
};

/// What came of a join. Whatever is accepted holds at once; the caller stores it.
struct join_outcome {
  std::vector<accepted_slot> accepted; ///< in the order of their writes within each origin; also of one in quarantine
  std::vector<slot_refusal> refused;   ///< the first `named_refusals`
  std::vector<node_id> quarantined;    ///< since this join, which are so at its end
  std::vector<node_id> released;       ///< whose quarantine ended, and did not begin again
  std::map<node_id, write_stamp> news; ///< origins of which something was accepted or proven: how far they were known
};

struct replica_counters {
  uint64_t accepted = 0;
  uint64_t known = 0; ///< held already, or older than what is held
  std::array<uint64_t, slot_refusal_reasons> refused{};
};

/// Shared state of a hive as one node has it: a map from (origin, kind, key) to the origin's newest signed slot. Only
/// an origin writes its slots, and the higher stamp wins, so joining is commutative, associative and idempotent:
/// replicas that saw the same slots in any order, with duplicates and over any way, hold the same (a state-based CRDT,
/// Shapiro et al. 2011; deltas after Almeida et al. 2018).
///
/// Reconciliation follows Scuttlebutt (van Renesse et al. 2008): a digest tells for each origin how far one has come,
/// and a delta brings an origin's writes oldest first. So what a replica has of an origin is always all of its slots up
/// to some stamp, but for those replaced later, however often deltas are cut short.
///
/// One certificate stands for one node. Of several nodes whose cards show certificates of one key, the one with the
/// newest card counts, by the time in the card and then by the id; the others are forgotten. So it is with the bounds
/// of the whole: the nodes with the oldest cards give way to those with newer ones. Both depend on the cards alone, so
/// that all replicas come to the same. Nodes that live write their cards again from time to time.
///
/// Nothing here knows a clock or a socket. What comes from outside is bounded and checked here; slots of an
/// equivocator are kept but neither passed on nor listed as good.
class replica {
public:
  /// `epoch` is the node's present start; no earlier one wrote under it.
  replica(key_pair own, uint64_t epoch, slot_checks checks, replica_options options = {});

  const node_id& own_id() const {
    return own_id_;
  }

  // -- own slots ------------------------------------------------------------------

  /// Signs the next own slot, without taking it in: it must be durable before anybody hears of it. An empty payload
  /// erases. Fails with ec::too_large or ec::invalid where others would refuse it, once they have all that was prepared
  /// before, and with ec::unavailable while `must_raise_epoch`.
  caf::expected<slot_ptr> prepare(slot_name name, std::string payload, int64_t now_unix_micros);

  /// Takes in a prepared slot that is durable now, in the order of preparation; one may be left out when its write
  /// failed. ec::invalid for any other.
  caf::error commit(slot_ptr prepared);

  /// Gives the room back of all that is prepared and not committed: its writes failed.
  void forget_prepared() {
    uncommitted_.clear();
  }

  /// Goes on under a later start, which must be durable. ec::invalid unless it lies above all that is known of this
  /// node. The caller then prepares its slots again.
  caf::error raise_epoch(uint64_t epoch);

  /// Whether this node cannot write before `raise_epoch`: slots of this epoch or a later one came in, or were stored,
  /// that this start did not write.
  bool must_raise_epoch() const {
    return must_raise_epoch_;
  }

  /// Highest epoch that is known of this node's writes.
  uint64_t highest_own_epoch() const;

  // -- restart --------------------------------------------------------------------

  /// Takes in a stored slot, in any order, before the first join. It was checked before; ec::corrupt when its signature
  /// does not hold.
  caf::error restore(const public_key& key, slot_ptr stored);
  caf::error restore(wire::EquivocationProof::Reader stored);

  /// Behind the last of them: forgets what is not admitted by its card any more, for instance because its CA is not
  /// trusted any more, and what has no place.
  void end_restore();

  // -- reconciliation -------------------------------------------------------------

  const root_hash& root() const;
  const msg<wire::HiveDigest>& digest() const;

  /// What someone with this digest lacks, at most `budget` bytes (but one slot at least). `turn` is any number, best
  /// random: it says with which origin to begin, so that a delta that is cut short does not always miss the same ones.
  msg<wire::HiveDelta> delta_for(wire::HiveDigest::Reader theirs, size_t budget, uint64_t turn) const;

  /// The writes behind these stamps, for someone who has all up to them; nothing of origins that have none. Of an
  /// origin whose stamp is zero the card comes with them. At most `budget` bytes, as `delta_for`.
  msg<wire::HiveDelta> delta_since(const std::map<node_id, write_stamp>& stamps, size_t budget) const;

  /// Takes in what is new and right. Stops at the first thing that only `sender` can have done, such as to name an
  /// origin twice: an origin that does so as often as `options.strikes` is put into quarantine. Without a sender nobody
  /// is blamed for that.
  join_outcome join(wire::HiveDelta::Reader delta, int64_t now_unix_micros, const node_id& sender = {});

  // -- reading --------------------------------------------------------------------

  /// The newest slot of this name, or null. Also of origins in quarantine.
  slot_ptr find(const node_id& origin, const slot_name& name) const;

  /// All slots of an origin, oldest first; also of one in quarantine.
  std::vector<slot_ptr> slots_of(const node_id& origin) const;

  /// Calls `visit(const node_id&, const slot_ptr&)` for every slot of an origin that counts: none in quarantine.
  template <class Visit>
  void visit_good(Visit&& visit) const {
    for (const auto& [id, known] : origins_)
      if (!known.quarantined)
        for (const auto& held : known.log.newer_than({}))
          visit(id, held);
  }

  /// Why the origin's slots do not count; null when they do.
  const quarantine* quarantine_of(const node_id& origin) const;
  /// The stamp of its newest slot; zero for an unknown origin.
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

  /// The node that counts for the holder of this certificate; null where there is none.
  const node_id* node_of(const std::string& holder) const;

  /// A node that has this node's certificate and a newer card: it counts in place of this node.
  struct rival {
    node_id node;
    int64_t card_written_at = 0;
  };
  std::optional<rival> newer_on_own_certificate() const;

  /// Nodes forgotten since the last call; what is stored of them is to be erased.
  std::vector<node_id> take_forgotten() {
    return std::exchange(forgotten_, {});
  }

private:
  /// By what a node's place is judged, as its card says.
  struct standing {
    std::string holder;
    int64_t written_at = 0;
  };

  struct origin {
    public_key key{};
    origin_log log;
    slot_ptr card;   ///< what admitted it, which may be newer than what the log has
    standing stands; ///< by that card
    uint32_t strikes = 0;
    std::set<content_hash> blamed; ///< its slots that counted as a strike; no more than there are strikes
    std::optional<quarantine> quarantined;

    /// What counts against the bounds.
    size_t bytes() const {
      return log.bytes() + (is_equivocator() ? bytes_of(*quarantined->first) + bytes_of(*quarantined->second) : 0);
    }

    bool is_equivocator() const {
      return quarantined && quarantined->why == quarantine::kind::equivocation;
    }
  };

  /// What an origin takes of its bounds.
  struct room {
    size_t slots = 0;
    size_t bytes = 0;

    /// Goes on with one slot in place of another; either may be null.
    void put(const slot* earlier, const slot* next) {
      slots = slots + (next != nullptr) - (earlier != nullptr);
      bytes = bytes + (next ? bytes_of(*next) : 0) - (earlier ? bytes_of(*earlier) : 0);
    }
  };

  /// One join under way.
  struct joining {
    int64_t now_unix_micros;
    node_id sender;
    std::set<node_id> named = {}; ///< origins that came up already
    join_outcome out = {};
    bool stopped = false; ///< by a fault of the sender
  };

  /// How far a node has come with one origin.
  struct progress;
  struct origin_part;
  /// What goes into a delta for one that does not know the origin, or has it up to `since`.
  static origin_part part_for_newcomer(const origin& known);
  static origin_part part_since(const origin& known, write_stamp since, size_t budget, uint64_t turn);
  static msg<wire::HiveDelta> to_delta(const std::vector<origin_part>& parts);

  void join_origin(joining& work, wire::OriginDelta::Reader delta);
  origin* admit(joining& work, const node_id& id, const public_key& key, wire::OriginDelta::Reader delta);
  void join_slots(joining& work, const node_id& id, origin& known, wire::OriginDelta::Reader delta);
  /// Whether to go on with the origin's next slot.
  bool join_slot(joining& work, const node_id& id, origin& known, slot_ptr what);
  /// Why a slot fits no message beside others.
  std::optional<slot_refusal> check_size(const node_id& id, const slot& what) const;
  /// What the checks of a slot found out.
  struct reading {
    slot_content content;
    standing stands; ///< of a card
  };
  /// Why a signed slot cannot be taken in.
  std::optional<slot_refusal> check(const node_id& id, const origin& known, const room& taken, const slot& what,
                                    int64_t now_unix_micros, reading& out) const;
  caf::expected<slot_content> decode(const slot& what) const;
  std::optional<slot_refusal> check_card(const node_id& id, const origin& known, const slot& what,
                                         int64_t now_unix_micros, reading& out) const;
  /// `taken` is what the origin takes without it.
  std::optional<slot_refusal> check_bounds(const origin& known, const room& taken, const slot& what) const;
  /// What an origin takes without the slot of this name.
  static room room_beside(const origin& known, const slot_name& name);
  /// The same of this node, once all that is prepared is committed.
  room own_room_beside(const slot_name& name) const;
  void take_in(joining& work, const node_id& id, origin& known, slot_ptr what, reading read);
  /// `stands` matters for cards only.
  void put(origin& known, slot_ptr what, standing stands);

  using origin_map = std::map<node_id, origin>;
  /// Whether the first node's card is newer.
  static bool outranks(const standing& a, const node_id& a_id, const standing& b, const node_id& b_id);
  /// The one that gives way first; never this node and not `but`.
  origin_map::iterator lowest(const node_id& but);
  /// Why the node may not have the place that this standing asks for; otherwise those that it supersedes are forgotten.
  std::optional<slot_refusal> take_place(const node_id& id, const standing& stands);
  /// Forgets nodes with older cards until the bytes are free; whether they are.
  bool make_room(const node_id& id, const standing& stands, size_t bytes);
  void forget(origin_map::iterator what);
  /// What the card that is held says, as far as it is admitted.
  standing standing_of(const origin& known) const;

  /// Nothing unless the proof shows two different slots that the key's holder signed under one stamp.
  static std::optional<std::pair<slot_ptr, slot_ptr>> read_proof(const public_key& key,
                                                                 wire::EquivocationProof::Reader from);
  /// Whether the origin is in quarantine for ever now.
  bool join_proof(joining& work, const node_id& id, origin& known, wire::EquivocationProof::Reader proof);
  void expose(origin& known, slot_ptr first, slot_ptr second);
  void refuse(joining& work, slot_refusal refused);
  /// Refuses a slot that its origin signed. If that is the origin's fault it counts once, however often the slot comes.
  void refuse_slot(joining& work, const node_id& id, origin& known, const slot& what, slot_refusal refused);
  void strike(joining& work, const node_id& id, quarantine::kind why, uint64_t epoch, const std::string& text);

  void changed();

  key_pair own_keys_;
  node_id own_id_;
  slot_checks checks_;
  replica_options options_;
  write_stamp prepared_;                      ///< the newest stamp that this node gave out
  std::map<slot_name, slot_ptr> uncommitted_; ///< the newest that is prepared of each name and may be committed
  bool must_raise_epoch_ = false; ///< stamps of the present epoch were given out by an earlier life of the store
  origin_map origins_;
  std::vector<node_id> forgotten_;
  size_t bytes_ = 0;
  replica_counters counters_;
  mutable std::optional<root_hash> root_;
  mutable std::optional<msg<wire::HiveDigest>> digest_;
};

/// The proof as it is stored and passed on.
void to_wire(const public_key& key, const quarantine& proven, wire::EquivocationProof::Builder out);

} // namespace hive
