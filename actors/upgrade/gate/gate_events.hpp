#pragma once

#include "actors/upgrade/gate/tally.hpp"
#include "actors/upgrade/gate/track_view.hpp"

#include <variant>

namespace hive::gate {

namespace events {

/// This node has started. The first event.
struct started {
  uint64_t epoch = 0;           ///< of the node; greater than any that it has heard of itself
  uint64_t nonce = 0;           ///< random; distinguishes starts that share a number because a disk was lost
  bool is_disk_current = false; ///< a stamp outside of the data directory proves that nothing is lost
};
/// A verified slot of the gate, of any node; of this one, from before its start.
struct heard {
  statement_ptr slot;
};
/// The write with this number is on disk, and so are all earlier ones.
struct durable {
  uint64_t number = 0;
};
/// An operator proposes; `body` is the canonical GateProposal.
struct propose {
  uint8_t track = 0;
  msg<wire::GateProposal> body;
  bool queue = false;
};
/// An operator asks to stop a proposal. It stays until the proposal is closed.
struct stop {
  uint8_t track = 0;
  msg<wire::GateStop> request;
};
/// An operator asks for other sealers; number and previous hash are filled in here.
struct change_members {
  uint8_t track = 0;
  msg<wire::GateGeneration> members;
};
/// An operator declares a quorum of the sealers lost for good, and names the members that go on without them. This node
/// begins a new line of generations with these members, or joins it if another node has begun it already. A proposal
/// that is open is dropped on this node.
struct begin_line {
  uint8_t track = 0;
  msg<wire::GateGeneration> members; ///< only its members and slack are read
};
/// An operator vouches that this node's disk is the newest: it is admitted without acknowledgements.
struct admit {
  uint8_t track = 0;
};
/// The verdict that outputs::judge asked for, or one that the present stage has regressed, which must not wait. Start,
/// position and attempt of the vote are filled in here.
struct judged {
  uint8_t track = 0;
  msg<wire::GateVote> vote;
};
/// The hook with this token has ended, and its process group is gone.
struct hook_ended {
  uint8_t track = 0;
  digest token{};
  int32_t exit_status = 0;
};
/// A node is in quarantine, or no longer: its votes enter no value that is freely chosen.
struct quarantined {
  node_id node;
  bool is_so = true;
};
/// The time of gate_core::next_deadline has come.
struct ticked {};

} // namespace events

using event = std::variant<events::started, events::heard, events::durable, events::propose, events::stop,
                           events::change_members, events::begin_line, events::admit, events::judged,
                           events::hook_ended, events::quarantined, events::ticked>;

namespace outputs {

/// Store all of this in one batch, after all earlier writes, and say `durable`. Tell nobody yet.
struct write {
  uint64_t number = 0;
  statements slots; ///< of this node; each replaces the one of its kind and key
  statements kept;  ///< value slots whose values this node accepted; each replaces the one kept for its track
};
/// These are on disk: publish them, in this order.
struct tell {
  statements slots;
};
/// Judge the proposal (stage 0), or the present stage of its rollout, and say `judged`.
struct judge {
  uint8_t track = 0;
  proposal_ptr what;
  uint8_t stage = 0;
  uint8_t attempt = 0;
  std::vector<node_id> canaries; ///< of the stage
};
/// Start the hook, once, with this token, and say `hook_ended`.
struct start_hook {
  uint8_t track = 0;
  proposal_ptr what;
  wire::GateAction action{};
  digest token{};
  uint64_t position = 0; ///< of the sealed value that ordered it
};
/// A value is sealed; this node's log slot with it is on disk.
struct decided {
  sealed_value what;
};
/// Two slots that prove that their origin lies, for the replica.
struct contradiction {
  statement_ptr one, other;
};
/// Two certificates for one position: more members lie than the seal bears. The first one counts here.
struct conflict {
  sealed_value first, second;
};
/// The track has gone on without this node, whose hook will not run: it runs another version than the others.
struct missed_hook {
  uint8_t track = 0;
  missed what;
};
/// The start number is taken by another start of this node: start again with an epoch above it.
struct start_refused {
  uint64_t above = 0;
};
/// An event was refused.
struct refused {
  uint8_t track = 0;
  caf::error why;
};

} // namespace outputs

using output = std::variant<outputs::write, outputs::tell, outputs::judge, outputs::start_hook, outputs::decided,
                            outputs::contradiction, outputs::conflict, outputs::missed_hook, outputs::start_refused,
                            outputs::refused>;

} // namespace hive::gate
