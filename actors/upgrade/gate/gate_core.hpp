#pragma once

#include "actors/upgrade/gate/track.hpp"

#include <deque>

namespace hive::gate {

/// The upgrade gate of a node: a state machine without clock, thread, disk or network. Together with the gates of other
/// nodes it decides which upgrades are approved and what this node has to run. docs/decisions/0035 has the reasons.
///
/// How to drive it:
/// 1. Make it, `restore` what is on the disk, then `step` with events::started. Pass slots of other nodes, and this
///    node's older ones, as events::heard, once decode_statement has verified them.
/// 2. Carry out the outputs in their order. After outputs::write is on disk, pass events::durable. Only then does the
///    core give out what may be told (outputs::tell) and what follows.
/// 3. Pass events::ticked when next_deadline has come, and the events of operators, judges and hooks as they occur.
/// While nothing is asked, heard or due, it does nothing.
class gate_core {
public:
  gate_core(gate_options options, gate_crypto crypto);
  gate_core(const gate_core&) = delete;
  gate_core& operator=(const gate_core&) = delete;

  void restore(const stored_state& stored);

  /// Applies one event. `now` must not be less than before. The outputs are valid until the next call.
  const std::vector<output>& step(const event& what, instant now);

  /// When `ticked` is due; none when nothing is.
  std::optional<instant> next_deadline() const;

  /// Start under which this node takes part; 0 before events::started.
  uint64_t start() const {
    return start_;
  }
  const node_id& self() const {
    return options_.self;
  }
  /// A track that is in use.
  const track& at(uint8_t number) const {
    return *tracks_[number];
  }

private:
  void on(const events::started& what);
  void on(const events::heard& what);
  void on(const events::durable& what);
  void on(const events::quarantined& what);
  void on(const events::ticked&) {
  }
  template <class Event>
  void on(const Event& what); ///< that is for one track
  void hear_start(const statement_ptr& slot);
  void set_generations(capnp::List<capnp::Data>::Builder out) const;
  void finish_step();

  gate_options options_;
  gate_crypto crypto_;
  std::array<std::unique_ptr<track>, max_tracks> tracks_;
  instant now_{0};
  uint64_t start_ = 0;
  uint64_t nonce_ = 0;
  statement_ptr own_start_;
  effects effects_; ///< of the present step

  /// A write that is not on disk yet, and what waits for it.
  struct pending {
    uint64_t number = 0;
    statements to_tell;
    std::vector<output> then;
  };
  uint64_t writes_ = 0;
  std::deque<pending> pending_;
  std::vector<output> outputs_;
};

} // namespace hive::gate
