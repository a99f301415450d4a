#pragma once

#include "actors/upgrade/gate/gate_events.hpp"
#include "actors/upgrade/gate/gate_options.hpp"
#include "actors/upgrade/gate/seal_state.hpp"
#include "actors/upgrade/gate/track_state.hpp"
#include "actors/upgrade/gate/track_view.hpp"

#include <array>

namespace hive::gate {

/// What a step of a track leads to. Everything but the slots waits until they are on disk.
struct effects {
  statements slots;
  statements untold; ///< slots that are to be stored only
  statements kept;
  std::vector<output> others;
};

/// One track at one node: sealer, round owner, voter and runner of hooks. See gate_core, which joins the tracks of a
/// node.
class track {
public:
  track(uint8_t number, const gate_options& options, const gate_crypto& crypto);

  /// Takes back what was stored. Before `begin`.
  void restore(const stored_state& stored);
  /// The node takes part under this start. `keeps_admission`: nothing can be lost since it was admitted.
  void begin(uint64_t start, uint64_t nonce, bool keeps_admission);

  /// Takes a slot that is newer than what was heard before.
  void hear(const statement_ptr& slot, instant now, effects& out);

  void on(const events::propose& what, effects& out);
  void on(const events::stop& what, effects& out);
  void on(const events::change_members& what, effects& out);
  void on(const events::begin_line& what, instant now, effects& out);
  void on(const events::admit& what);
  void on(const events::judged& what, effects& out);
  void on(const events::hook_ended& what, effects& out);
  void on(const events::quarantined& what, instant now);

  /// Does what follows from all that is known.
  void advance(instant now, effects& out);

  /// When `advance` is due although nothing is heard.
  std::optional<instant> next_deadline() const;

  // for display
  const track_state& state() const {
    return state_;
  }
  const generation& sealers() const {
    return *sealers_;
  }
  bool is_admitted() const {
    return seal_.admitted;
  }
  bool is_in_conflict() const {
    return conflict_;
  }
  const std::map<node_id, statement_ptr>& asks() const {
    return known_.asks;
  }
  const std::map<node_id, statement_ptr>& runs() const {
    return known_.runs;
  }
  /// Votes on the verdict or the present stage; nothing else is being judged at idle.
  std::optional<tally> count() const;
  /// Whether the present verdict or stage has waited for longer than its deadline.
  bool is_overdue(instant now) const;
  /// The sealers, by rank.
  std::vector<member_view> members() const;
  /// What nodes ask to open, by node.
  std::vector<ask_view> proposals() const;
  /// The ask that stops the open proposal; null: none.
  statement_ptr stop_asked() const;
  /// The hook that did not run here and will not, since the track has gone on; none: this node has what the others
  /// have.
  std::optional<missed> missed_hook() const;
  /// The line of generations that operators began, where the sealers are of such a one.
  const std::optional<line_start>& line() const {
    return line_;
  }
  /// Newest run slot of this node; null when it never ran a hook.
  statement_ptr own_run() const {
    return run_;
  }

private:
  ask_view view_of_ask(const node_id& node, const statement_ptr& ask) const;

  /// Round that this node leads.
  struct leading {
    round in;
    bool has_proposed = false;
  };

  // what is heard (track_hear.cpp)
  void hear_own(const statement_ptr& slot);
  void hear_log(const statement_ptr& slot, instant now, effects& out);
  void check_embedded(const statement& slot, effects& out);
  void find_lie(const statement_ptr& one, const statement_ptr& other, effects& out);
  void note_start(const node_id& node, uint64_t start, uint64_t nonce, instant now);
  void install(sealed_value sealed, std::vector<sealed_value> generations, instant now, effects& out);
  void begin_position(instant now);
  void set_generation(const sealed_value& sealed);
  void write_log(bool is_told, instant now, effects& out);
  bool is_log_teller() const;
  bool is_log_told() const;
  void tell_log(instant now, effects& out);

  // lines of generations (track_line.cpp)
  void restore_log(const log_content& log);
  bool join_line(const log_content& log, instant now, effects& out);
  bool join_begun_line(const generation& members, instant now, effects& out);
  void enter_line(const line_start& line, sealed_value newest, std::vector<sealed_value> generations, instant now,
                  effects& out);

  // the seal (track_seal.cpp)
  place here() const {
    return {*sealers_, number_, state_.position() + 1, state_.chain()};
  }
  bool is_sealer() const {
    return own_rank_.has_value();
  }
  void note_holds(instant now);
  void tell_seal_soon(instant now);
  bool is_seal_due(instant now) const;
  void try_admission(effects& out);
  bool is_acknowledgement(const statement& seal) const;
  void adopt(const statements& acknowledgements, effects& out);
  void promise(instant now);
  void accept_what_is_led(effects& out);
  caf::error check_proposal(const statement& lead, const statement& value) const;
  void accept(const statement_ptr& lead, const statement_ptr& value, effects& out);
  void keep_value(const statement_ptr& value, effects& out);
  void learn(instant now, effects& out);
  value_ptr find_value(const digest& hash) const;
  statements all_seals() const;

  // rounds that this node leads (track_lead.cpp)
  void lead(instant now, effects& out);
  void begin_round(const round& in, effects& out);
  void go_on_leading(effects& out);
  void propose_value(const value_ptr& value, const statements& promises, effects& out);
  bool wants_round();
  std::optional<uint64_t> highest_counter() const;
  bool is_near(uint64_t counter) const;
  bool may_lead_first_round() const;
  std::optional<uint64_t> next_counter(std::optional<uint64_t> seen) const;
  duration wait_after(uint64_t counter) const;
  instant wait_for(uint64_t counter, std::optional<uint64_t> seen) const;
  void plan_round(instant now, std::optional<uint64_t> seen);
  uint64_t first_start(const choice& what) const;

  // votes, hooks and stages (track_duties.cpp)
  void judge(instant now, effects& out);
  bool is_judgeable(instant now);
  bool has_deployed(const node_id& canary) const;
  std::optional<uint8_t> next_attempt() const;
  std::optional<uint8_t> attempt_to_ask() const;
  void run_hooks(effects& out);
  std::optional<wire::GateAction> wanted_action() const;
  digest deployed() const;
  void note_missed(effects& out);
  bool is_run_over() const;
  void settle_unknown(effects& out);
  void intend(wire::GateAction action, wire::GateRunStep step, effects& out);
  void start_if_held(effects& out);
  void write_run(wire::GateRunStep step, int32_t exit_status, effects& out);

  // slots of this node (track_write.cpp)
  void write_seal(effects& out);
  template <class T>
  statement_ptr write(slot_type type, T content, const std::string& payload, effects& out);
  template <class Change>
  void write_ask(Change change, effects& out);
  bool may_ask(effects& out);

  uint8_t number_ = 0;
  const gate_options& options_;
  const gate_crypto& crypto_;

  // learned
  generation_ptr sealers_;
  std::optional<rank> own_rank_;
  std::vector<sealed_value> generations_; ///< the members values since the first generation of the line
  std::optional<line_start> line_;
  std::optional<sealed_value> newest_;
  track_state state_;
  instant learned_at_{0};          ///< when the newest value was
  statement_ptr untold_log_;       ///< this node's log slot while others tell theirs
  std::optional<instant> log_due_; ///< when it is told all the same
  bool conflict_ = false;

  // as a sealer
  uint64_t nonce_ = 0;
  seal_state seal_;
  statement_ptr kept_; ///< value slot of the accepted value
  bool is_seal_told_ = true;
  std::optional<instant> seal_due_;                                    ///< of what need not be told at once
  std::map<node_id, std::pair<statement_ptr, statement_ptr>> refused_; ///< newest lead and value slot of each owner

  std::map<rank, instant> promised_until_; ///< by owner: when another round of it may be promised
  std::optional<instant> promise_due_;     ///< of a round that came too early

  // heard; the newest of each node, this one's among them
  std::map<node_id, statement_ptr> starts_;
  std::map<node_id, statement_ptr> seals_;
  std::map<node_id, statement_ptr> leads_;
  std::map<node_id, statement_ptr> values_;
  std::map<node_id, statement_ptr> logs_;
  knowledge known_;
  bool is_knowledge_new_ = true;
  bool is_derivable_ = false;

  // as an owner
  std::optional<leading> leading_;
  std::optional<instant> round_due_;
  std::optional<uint64_t> waited_for_; ///< highest counter that the wait for `round_due_` is for
  std::set<rank> waited_of_;           ///< owners whose rounds have prolonged the waits since this node led

  // duties
  std::optional<std::pair<uint8_t, uint8_t>> asked_; ///< stage and attempt that are being judged
  std::optional<instant> window_since_;              ///< all canaries have deployed
  statement_ptr run_;                                ///< newest run slot of this node
  bool is_run_fresh_ = false;                        ///< its hook is still to be started
  bool is_rerun_ = false;                            ///< and may have run under an earlier start
  bool is_running_ = false;
  bool is_order_final_ = false; ///< its run is wanted whatever follows on the track
  proposal_ptr ordered_;        ///< of the run, while its hook is to be started
  std::optional<missed> missed_told_;
  bool is_missed_new_ = true;
};

} // namespace hive::gate
