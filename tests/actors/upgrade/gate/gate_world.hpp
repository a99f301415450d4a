#pragma once

#include "actors/upgrade/gate/gate_core.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace hive::gate::testing {

/// What may go wrong in a world, beside messages that are lost, doubled and reordered, and nodes that crash.
enum class weather {
  rough,            ///< nothing else
  old_disks,        ///< one disk at a time is set back to a copy of any time before
  lying_voter,      ///< a member signs several votes, and tells each node another one
  lying_acceptor,   ///< a sealer promises and accepts anything; the seal bears one (slack 1)
  lying_owner,      ///< a sealer proposes what does not follow; slack 1
  changing_members, ///< sealers are exchanged between proposals; old disks as well
  lost_quorum,      ///< so many are lost that operators let the others go on alone; the lost ones come back
  lies_beyond_slack ///< as lying_acceptor, without slack: what the seal does not bear
};
/// Number of weathers in which every invariant holds.
inline constexpr int weathers = 7;

/// What happened in worlds, so that a test can tell that they are not empty.
struct world_counts {
  uint64_t steps = 0; ///< events that cores were given
  uint64_t crashes = 0;
  uint64_t old_disks = 0;
  uint64_t hooks = 0;
  uint64_t contradictions = 0;
  uint64_t lines = 0;                             ///< begun after a quorum was lost
  uint64_t missed = 0;                            ///< hooks
  std::map<wire::GateValueKind, uint64_t> sealed; ///< positions
  void add(const world_counts& other);
};

/// Nodes with a gate each, and disks, links, operators and liars around them, all random. The world knows all that was
/// ever told, and checks after each step that nobody could conclude from it what must not be (gate.md section 9: I1 to
/// I11). After the last step everything is repaired, and what is derivable must get sealed.
class gate_world {
public:
  gate_world(uint64_t seed, weather how);
  ~gate_world();

  /// Returns the first violation, with the seed; empty when there is none.
  std::string run(size_t steps);

  const world_counts& counts() const {
    return counts_;
  }

private:
  using slot_name = std::tuple<node_id, slot_type, uint8_t>;

  struct disk {
    std::map<std::pair<slot_type, uint8_t>, statement_ptr> own;
    std::map<uint8_t, statement_ptr> kept;
    std::map<slot_name, statement_ptr> heard; ///< the replica; own slots that were told are in it
  };

  struct node {
    rank index = 0;
    node_id id;
    std::unique_ptr<gate_core> core; ///< null while it is down
    gate_options options;
    disk stored;
    disk saved; ///< copy of an earlier time
    bool has_copy = false;
    bool is_old = false;     ///< its disk was set back at some time
    uint64_t old_epoch = 0;  ///< epoch before that
    bool is_stamped = false; ///< a stamp outside of the disk equals that of its last write
    uint64_t epoch = 0;
    uint64_t version = 0;
    instant booted{0};
    std::deque<outputs::write> writes; ///< under way to the disk
    uint64_t durable = 0;
    std::vector<outputs::judge> judges;
    std::vector<outputs::start_hook> hooks;
    bool is_liar = false;
    bool is_lost = false; ///< down until it comes back after the others have gone on
    int group = 0;        ///< side of the partition
  };

  struct message {
    rank to = 0;
    statement_ptr slot;
    statement_ptr before = {}; ///< arrives with it: the value of a claim of one's own was written first
  };

  /// An accept that somebody told, with what it says of starts.
  struct told_accept {
    uint64_t start = 0;
    std::map<node_id, uint64_t> starts;
    auto operator<=>(const told_accept&) const = default;
  };
  using ballot = std::tuple<node_id, digest, uint8_t, uint64_t, uint8_t>;

  int random(int below) {
    return static_cast<int>(random_() % static_cast<uint64_t>(below));
  }
  bool chance(int percent) {
    return random(100) < percent;
  }

  // gate_world.cpp
  void make_nodes();
  void act();
  void boot(node& which, bool is_disk_current);
  void crash(node& which);
  void set_back(node& which);
  void step(node& which, const event& what);
  void take(node& which, const output& what);
  void take_write(node& which, const outputs::write& what);
  void store_next(node& which);
  void tell(node& from, const statement_ptr& slot);
  void deliver(size_t which);
  statement_ptr before(const node& from, const statement_ptr& slot) const;
  void hand_over(node& to, const statement_ptr& slot);
  void exchange(node& from, node& to, size_t most);
  void pass_time();
  bool may_set_back() const;
  bool is_copy_bearable(const node& which) const;
  bool has_old_disks() const {
    bool is_mixed = weather_ == weather::changing_members || (weather_ == weather::lost_quorum && seed_ % 2 == 1);
    return weather_ == weather::old_disks || is_mixed;
  }
  node* any_up();

  // gate_world_actors.cpp: operators, judges, hooks, liars
  void operate();
  void propose(node& at);
  void stop_something(node& at);
  void change_members(node& at);
  void lose_quorum();
  void force_members(node& at);
  bool is_survivor(const node& which) const;
  void vote_early(node& at);
  void answer_judge(node& at);
  void end_hook(node& at);
  void lie();
  void lie_in_vote(node& liar);
  void lie_in_seal(node& liar);
  void lie_in_lead(node& liar);
  void outbid(node& liar);
  statement_ptr sign_as(node& who, slot_type type, const std::string& payload);
  void tell_some(node& from, const statement_ptr& slot);
  wire::Verdict verdict_of(const digest& proposal, rank member, uint8_t stage);
  void settle();
  bool is_still();

  // gate_world_checks.cpp
  void check_told(node& from, const statement_ptr& slot);
  void check_accept(const statement& seal);
  void check_kept(const node& at, const outputs::write& what);
  bool has_quorum(const generation& sealers, const std::map<rank, std::set<told_accept>>& accepts) const;
  std::string line_of(const digest& generation) const;
  std::string line_of(const proposed_value& value) const;
  void note_chosen(const std::string& line, uint64_t position, const digest& hash);
  void check_chosen(const proposed_value& value);
  const proposed_value* value_before(const proposed_value& value, bool& is_first_of_line);
  void check_votes(const proposed_value& value, uint8_t stage, bool wants_safe);
  void check_decided(node& at, const sealed_value& what);
  void check_hook(node& at, const outputs::start_hook& what);
  void check_vote(node& from, const statement& slot);
  void check_quiet();
  void check_quiet_of(const std::vector<const node*>& members);
  void violate(const std::string& what);

  uint64_t seed_;
  weather weather_;
  std::mt19937_64 random_;
  std::vector<node> nodes_;
  gate_crypto verifier_;
  generation_ptr first_;
  instant now_{0};
  std::vector<message> in_flight_;
  int loss_ = 0;          ///< percent of what is told
  bool is_hasty_ = false; ///< rounds often end before they are done
  bool is_calm_ = false;  ///< repaired: nothing goes wrong any more
  int proposals_ = 0;
  world_counts counts_;
  std::string violation_;

  // what the world knows
  std::map<digest, value_ptr> values_;           ///< all that was ever proposed
  std::map<digest, generation_ptr> generations_; ///< by their hashes
  std::vector<statement_ptr> leads_;             ///< the newest ones told
  std::map<std::tuple<digest, uint64_t, round, digest>, std::map<rank, std::set<told_accept>>> accepts_;
  std::map<std::pair<std::string, uint64_t>, digest> chosen_; ///< by line of generations and position
  std::map<std::string, line_start> lines_;
  std::optional<generation_ptr> survivors_;                ///< since a quorum was lost
  std::set<std::tuple<node_id, digest, uint8_t>> watched_; ///< stages that nodes were asked to judge
  std::map<ballot, std::string> ballots_;
  std::map<std::tuple<digest, uint8_t, node_id>, std::set<wire::Verdict>> votes_; ///< signed by anybody
  std::set<std::pair<digest, node_id>> stops_;
  std::vector<msg<wire::GateProposal>> proposed_;
  std::map<statement_ptr, uint64_t> writes_of_; ///< of slots that are not told yet
  std::map<std::pair<node_id, digest>, int> tokens_;
  std::map<std::tuple<node_id, digest, wire::GateAction>, int> runs_;
  std::map<digest, int> moods_;
  std::set<node_id> exposed_; ///< liars; the proof reaches all in the end
};

} // namespace hive::gate::testing
