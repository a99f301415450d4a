#include "tests/actors/upgrade/decision/decided_hive.hpp"

#include "actors/upgrade/decision/statement_signing.hpp"
#include "messages/packed.hpp"
#include "platform/hex.hpp"
#include "platform/identity/node_identity.hpp"

#include <stdexcept>
#include <utility>

namespace hive::test {

using namespace gate;
using namespace std::chrono_literals;

namespace {

template <class T>
T must(caf::expected<T> what) {
  if (!what)
    throw std::runtime_error{text_of(what.error())};
  return std::move(*what);
}

msg<wire::GateGeneration> generation_of(const std::vector<node_id>& members, uint8_t slack) {
  return msg<wire::GateGeneration>::build([&](wire::GateGeneration::Builder out) {
    out.setNumber(1);
    out.setSlack(slack);
    out.setTrack("main");
    auto list = out.initMembers(static_cast<uint32_t>(members.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list[i].setNode(members[i].value);
  });
}

} // namespace

decided_hive::decided_hive(size_t nodes, size_t members, uint8_t slack) : nodes_(nodes) {
  for (size_t i = 0; i < nodes; ++i) {
    std::array<unsigned char, key_pair::seed_bytes> seed{static_cast<unsigned char>(i + 1)};
    nodes_[i].keys = key_pair::from_seed(seed);
    nodes_[i].id = node_id_of(nodes_[i].keys.public_part());
  }
  std::ranges::sort(nodes_, {}, &node::id);
  std::vector<node_id> ids;
  for (size_t i = 0; i < members; ++i)
    ids.push_back(nodes_[i].id);
  auto content = generation_of(ids, slack);
  first_ = must(generation::from(*content));
  for (auto& each : nodes_) {
    gate_options options;
    options.self = each.id;
    options.tracks = {first_};
    options.seal_wait = {}; // no time passes while messages travel
    auto* self = &each;
    auto sign = [self](slot_type type, const std::string& key, const std::string& payload) {
      return sign_statement(self->keys, type, key, payload, 1, ++self->version);
    };
    each.core = std::make_unique<gate_core>(std::move(options), gate_crypto{sign, verify_statement});
    step(each, events::started{1, 100, false});
  }
  talk();
}

void decided_hive::step(node& which, const event& what) {
  auto out = which.core->step(what, now_);
  for (const auto& each : out) {
    if (auto* write = std::get_if<outputs::write>(&each))
      step(which, events::durable{write->number});
    else if (auto* told = std::get_if<outputs::tell>(&each))
      which.told.insert(which.told.end(), told->slots.begin(), told->slots.end());
    else if (auto* hook = std::get_if<outputs::start_hook>(&each))
      which.hooks.push_back(*hook);
    else if (auto* decided = std::get_if<outputs::decided>(&each))
      which.decided.push_back(decided->what);
    else if (auto* refused = std::get_if<outputs::refused>(&each))
      throw std::runtime_error{text_of(refused->why)};
  }
}

void decided_hive::talk() {
  for (bool is_news = true; is_news;) {
    is_news = false;
    for (auto& from : nodes_)
      for (const auto& slot : std::exchange(from.told, {})) {
        is_news = true;
        for (auto& to : nodes_)
          if (&to != &from)
            step(to, events::heard{slot});
      }
  }
}

void decided_hive::settle() {
  talk();
  for (auto end = now_ + 4s; now_ < end; now_ += 50ms) {
    for (auto& each : nodes_)
      step(each, events::ticked{});
    talk();
  }
}

digest decided_hive::propose(size_t at, const proposal_plan& what) {
  const auto& sealers = nodes_[at].core->at(0).sealers();
  auto body = msg<wire::GateProposal>::build([&](wire::GateProposal::Builder out) {
    out.setFrom("v1");
    out.setTo("v2");
    out.setElectorate(sealers.content().getMembers());
    out.setPolicy(what.policy);
    out.setJudge(what.judge);
    auto stages = out.initStages(static_cast<uint32_t>(what.shares.size()));
    for (uint32_t i = 0; i < stages.size(); ++i)
      stages[i].setSharePermille(what.shares[i]);
    out.setNonce(data_of(what.nonce));
  });
  auto canonical = to_canonical<wire::GateProposal>(*body);
  step(nodes_[at], events::propose{0, canonical, false});
  settle();
  return gate::hash_of(canonical);
}

void decided_hive::vote(size_t at, const digest& proposal, wire::Verdict verdict, uint8_t stage,
                        const std::string& judgement) {
  auto ballot = msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
    out.setProposal(data_of(proposal));
    out.setVerdict(verdict);
    out.setStage(stage);
    out.setJudgedFast(true);
    digest hash{};
    if (from_hex(judgement, hash))
      out.setInputsHash(data_of(hash));
  });
  step(nodes_[at], events::judged{0, ballot});
  settle();
}

void decided_hive::vote_all(const digest& proposal, wire::Verdict verdict, uint8_t stage) {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const auto& track = nodes_[i].core->at(0);
    // The last votes come too late where fewer decide.
    if (track.sealers().rank_of(id(i)) && track.count() && track.state().stage() == stage)
      vote(i, proposal, verdict, stage);
  }
}

void decided_hive::stop(size_t at, const digest& proposal) {
  auto request = msg<wire::GateStop>::build([&](wire::GateStop::Builder out) { out.setProposal(data_of(proposal)); });
  step(nodes_[at], events::stop{0, request});
  settle();
}

void decided_hive::change_members(size_t at, const std::vector<size_t>& who) {
  std::vector<node_id> ids;
  for (auto each : who)
    ids.push_back(id(each));
  step(nodes_[at], events::change_members{0, generation_of(ids, 0)});
  settle();
}

void decided_hive::end_hooks() {
  for (auto& each : nodes_)
    while (!each.hooks.empty()) {
      auto hook = each.hooks.back();
      each.hooks.pop_back();
      step(each, events::hook_ended{0, hook.token, 0});
    }
  settle();
}

decision_parts decided_hive::parts_of(const digest& proposal) const {
  decision_parts out{first_, {}, {}, {}};
  for (const auto& each : nodes_.front().decided) {
    if (each.value->members)
      out.generations.push_back(each);
    else if (each.value->what->id() == proposal)
      out.values.push_back(each);
  }
  return out;
}

size_t decided_hive::index_of(const node_id& which) const {
  return static_cast<size_t>(std::ranges::find(nodes_, which, &node::id) - nodes_.begin());
}

statement_ptr decided_hive::sign(size_t by, slot_type type, const std::string& payload, uint8_t track) {
  auto& who = nodes_[by];
  auto whole = sign_statement(who.keys, type, slot_key(type, track), payload, 1, ++who.version);
  return must(decode_statement(std::move(whole), verify_statement));
}

sealed_value decided_hive::conspire(const value_ptr& value) {
  auto content = *value->content;
  auto position = content.getPosition();
  round in{1, first_->owner_of(position, 1), 1};
  auto lead = msg<wire::GateLead>::build([&](wire::GateLead::Builder out) {
    out.setPosition(position);
    out.setGeneration(content.getGeneration());
    set_round(out.initRound(), in);
    out.setStep(wire::GateStep::PROPOSES);
    out.setValueHash(data_of(value->hash));
  });
  auto claim = sign(index_of(first_->node(in.owner)), slot_type::lead, to_packed(lead), content.getTrack());
  auto seal = msg<wire::GateSeal>::build([&](wire::GateSeal::Builder out) {
    out.setPosition(position);
    out.setChain(content.getChain());
    out.setGeneration(content.getGeneration());
    out.setStart(1);
    out.setAdmitted(true);
    set_round(out.initPromised(), in);
    auto accepted = out.initAccepted();
    set_round(accepted.initRound(), in);
    accepted.setValueHash(data_of(value->hash));
    accepted.setOwn(true);
    accepted.setLead(*claim->whole);
  });
  sealed_value out{value, {}};
  for (rank i = 0; i < first_->quorum(); ++i)
    out.accepts.push_back(sign(index_of(first_->node(i)), slot_type::seal, to_packed(seal), content.getTrack()));
  return out;
}

} // namespace hive::test
