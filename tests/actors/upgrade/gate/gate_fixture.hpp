#pragma once

// Slots for the tests of the gate's parts.

#include "actors/upgrade/gate/tally.hpp"
#include "messages/packed.hpp"
#include "tests/actors/upgrade/gate/gate_signing.hpp"

#include <stdexcept>

namespace hive::gate::testing {

template <class T>
T must(caf::expected<T> what) {
  if (!what)
    throw std::runtime_error(text_of(what.error()));
  return std::move(*what);
}

struct member_setup {
  rank node = 0;
  uint32_t weight = 1;
  wire::NodeTier tier = wire::NodeTier::FLAT;
};

inline std::vector<member_setup> members(rank count) {
  std::vector<member_setup> out;
  for (rank i = 0; i < count; ++i)
    out.push_back({i});
  return out;
}

inline void fill(capnp::List<wire::GateMember>::Builder out, const std::vector<member_setup>& from) {
  for (uint32_t i = 0; i < from.size(); ++i) {
    out[i].setNode(id_of(from[i].node).value);
    out[i].setWeight(from[i].weight);
    out[i].setTier(from[i].tier);
  }
}

inline caf::expected<generation_ptr> try_generation(const std::vector<member_setup>& who, uint8_t slack = 0,
                                                    uint32_t number = 1, const generation* before = nullptr) {
  auto content = msg<wire::GateGeneration>::build([&](wire::GateGeneration::Builder out) {
    out.setNumber(number);
    out.setSlack(slack);
    if (before)
      out.setPrevious(data_of(before->hash()));
    fill(out.initMembers(static_cast<uint32_t>(who.size())), who);
  });
  return generation::from(*content);
}

inline generation_ptr make_generation(rank count, uint8_t slack = 0) {
  return must(try_generation(members(count), slack));
}

struct proposal_setup {
  std::vector<member_setup> electorate = members(3);
  wire::GatePolicy policy = wire::GatePolicy::ALL;
  uint8_t heavy_votes = 0;
  std::vector<wire::NodeTier> required_tiers = {};
  std::vector<uint16_t> shares = {400};
  uint32_t duration_s = 0;
  std::string nonce = "1";
  std::string line = {};
};

inline msg<wire::GateProposal> make_body(const proposal_setup& from) {
  auto built = msg<wire::GateProposal>::build([&](wire::GateProposal::Builder out) {
    out.setFrom("v1");
    out.setTo("v2");
    fill(out.initElectorate(static_cast<uint32_t>(from.electorate.size())), from.electorate);
    out.setPolicy(from.policy);
    out.setHeavyVotes(from.heavy_votes);
    auto tiers = out.initRequiredTiers(static_cast<uint32_t>(from.required_tiers.size()));
    for (uint32_t i = 0; i < tiers.size(); ++i)
      tiers.set(i, from.required_tiers[i]);
    auto stages = out.initStages(static_cast<uint32_t>(from.shares.size()));
    for (uint32_t i = 0; i < stages.size(); ++i) {
      stages[i].setSharePermille(from.shares[i]);
      stages[i].setDurationS(from.duration_s);
    }
    out.setNonce(data_of(from.nonce));
    if (!from.line.empty())
      out.setLine(data_of(from.line));
  });
  return to_canonical<wire::GateProposal>(*built);
}

inline proposal_ptr make_proposal(const proposal_setup& from) {
  return must(proposal::from(data_of(make_body(from).bytes())));
}

template <class T>
statement_ptr make_slot(rank by, slot_type type, const msg<T>& content, uint64_t version = 1, uint64_t epoch = 1) {
  return must(decode_statement(sign(by, type, slot_key(type, 0), to_packed(content), epoch, version), verify));
}

struct vote_setup {
  wire::Verdict verdict = wire::Verdict::SAFE;
  uint8_t stage = 0;
  uint8_t attempt = 0;
  uint64_t start = 1;
  bool heavy = false;
  uint64_t version = 1;
  uint64_t epoch = 1;
};

inline statement_ptr make_vote(rank by, const digest& proposal, const vote_setup& from = {}) {
  auto content = msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
    out.setProposal(data_of(proposal));
    out.setStage(from.stage);
    out.setStart(from.start);
    out.setAttempt(from.attempt);
    out.setVerdict(from.verdict);
    out.setJudgedFast(true);
    out.setJudgedHeavy(from.heavy);
  });
  return make_slot(by, slot_type::vote, content, from.version, from.epoch);
}

struct lead_setup {
  uint64_t position = 1;
  round in{1, 0, 1};
  wire::GateStep step = wire::GateStep::PROPOSES;
  digest value{};
  uint64_t version = 1;
  uint64_t epoch = 1;
};

inline statement_ptr make_lead(rank by, const generation& sealers, const lead_setup& from) {
  auto content = msg<wire::GateLead>::build([&](wire::GateLead::Builder out) {
    out.setPosition(from.position);
    out.setGeneration(data_of(sealers.hash()));
    set_round(out.initRound(), from.in);
    out.setStep(from.step);
    out.setValueHash(data_of(from.value));
  });
  return make_slot(by, slot_type::lead, content, from.version, from.epoch);
}

struct seal_setup {
  uint64_t position = 1;
  digest chain{};
  uint64_t start = 1;
  bool admitted = true;
  std::optional<round> promised = {};
  statement_ptr lead = {};            ///< of the accepted value
  std::optional<round> accepted = {}; ///< where it is not that of the lead
  digest value{};
  bool own = true;
  std::map<rank, uint64_t> starts = {};
  uint64_t version = 1;
  uint64_t epoch = 1;
};

inline statement_ptr make_seal(rank by, const generation& sealers, const seal_setup& from) {
  auto content = msg<wire::GateSeal>::build([&](wire::GateSeal::Builder out) {
    out.setPosition(from.position);
    out.setChain(data_of(from.chain));
    out.setGeneration(data_of(sealers.hash()));
    out.setStart(from.start);
    out.setAdmitted(from.admitted);
    if (from.promised)
      set_round(out.initPromised(), *from.promised);
    if (from.lead) {
      auto to = out.initAccepted();
      set_round(to.initRound(), from.accepted.value_or(round_of(from.lead->lead()->getRound())));
      to.setValueHash(data_of(from.value));
      to.setOwn(from.own);
      to.setLead(*from.lead->whole);
    }
    auto list = out.initStarts(static_cast<uint32_t>(from.starts.size()));
    uint32_t i = 0;
    for (auto [member, start] : from.starts) {
      list[i].setMember(member);
      list[i++].setStart(start);
    }
  });
  return make_slot(by, slot_type::seal, content, from.version, from.epoch);
}

} // namespace hive::gate::testing
