#include "actors/upgrade/gate/track_state.hpp"

namespace hive::gate {

using kind = wire::GateValueKind;

namespace {

phase phase_after(const value_ptr& newest) {
  if (!newest)
    return phase::idle;
  switch (newest->content->getKind()) {
  case kind::OPEN:
    return phase::judging;
  case kind::APPROVED:
  case kind::GO:
    return phase::stage;
  case kind::BACK:
    return phase::going_back;
  default:
    return phase::idle;
  }
}

} // namespace

phase track_state::now() const {
  return begins_line_ ? phase::idle : phase_after(newest_);
}

bool track_state::is_dropped() const {
  return begins_line_ && phase_after(newest_) != phase::idle;
}

const proposal_ptr& track_state::what() const {
  static const proposal_ptr none;
  return newest_ ? newest_->what : none;
}

std::vector<node_id> track_state::canaries() const {
  std::vector<node_id> out;
  if (what())
    for (auto which : newest_->content->getCanaries())
      if (which < what()->size())
        out.push_back(what()->node(which));
  return out;
}

bool track_state::is_canary(const node_id& node) const {
  auto all = canaries();
  return std::ranges::find(all, node) != all.end();
}

bool track_state::was_opened(const digest& proposal) const {
  if (newest_)
    for (auto opened : newest_->content->getRecent())
      if (is_same(opened.getProposal(), proposal))
        return true;
  return false;
}

namespace {

void set_proposal(wire::GateValue::Builder out, const choice& what) {
  out.setProposal(data_of(what.what->id()));
  out.setBody(data_of(what.what->bytes()));
  out.setProposer(what.proposer.value);
  out.setStage(what.stage);
  auto canaries = what.what->canaries(what.stage);
  auto list = out.initCanaries(static_cast<uint32_t>(canaries.size()));
  for (uint32_t i = 0; i < canaries.size(); ++i)
    list.set(i, canaries[i]);
}

/// The value that approved the proposal, for whoever learns of a later one alone.
void set_decision(wire::GateValue::Builder out, const track_state& now) {
  if (now.begins_line())
    return; // what was approved in the line before is dropped
  if (now.newest() && now.newest()->content->getKind() == kind::APPROVED)
    out.setDecision(data_of(now.chain()));
  else if (now.now() != phase::idle && now.newest()->content->hasDecision())
    out.setDecision(now.newest()->content->getDecision());
}

void set_recent(wire::GateValue::Builder out, const track_state& now, const choice& what) {
  std::vector<std::pair<uint64_t, digest>> recent;
  auto position = now.position() + 1;
  if (now.newest())
    for (auto opened : now.newest()->content->getRecent())
      if (opened.getPosition() + recent_positions >= position)
        recent.emplace_back(opened.getPosition(), digest_of(opened.getProposal()));
  if (what.kind == kind::OPEN)
    recent.emplace_back(position, what.what->id());
  auto list = out.initRecent(static_cast<uint32_t>(recent.size()));
  for (uint32_t i = 0; i < recent.size(); ++i) {
    list[i].setPosition(recent[i].first);
    list[i].setProposal(data_of(recent[i].second));
  }
}

/// A bit for each of these nodes, by its rank.
template <class Nodes>
uint32_t mask_of(const Nodes& nodes, const generation& sealers) {
  uint32_t out = 0;
  for (const auto& node : nodes)
    if (auto member = sealers.rank_of(node))
      out |= uint32_t{1} << *member;
  return out;
}

void set_completed(wire::GateValue::Builder out, const track_state& now, const generation& sealers,
                   const choice& what) {
  if (what.kind == kind::COMPLETE) {
    std::vector<node_id> electorate;
    for (rank i = 0; i < what.what->size(); ++i)
      electorate.push_back(what.what->node(i));
    auto to = out.initCompleted();
    to.setPosition(now.position() + 1);
    to.setProposal(data_of(what.what->id()));
    to.setTo(what.what->body().getTo());
    to.setMembers(mask_of(electorate, sealers));
    return;
  }
  if (!now.newest() || !now.newest()->content->hasCompleted())
    return;
  out.setCompleted(now.newest()->content->getCompleted());
  auto mask = out.getCompleted().getMembers();
  // Who the ranks of another line were is not known to all.
  if (now.begins_line())
    mask = 0;
  if (what.members) {
    std::vector<node_id> nodes;
    for (rank i = 0; i < sealers.size(); ++i)
      if (mask >> i & 1)
        nodes.push_back(sealers.node(i));
    mask = mask_of(nodes, *what.members);
  }
  out.getCompleted().setMembers(mask);
}

} // namespace

value_ptr make_value(const track_state& now, const generation& sealers, const choice& what, uint64_t first) {
  auto built = msg<wire::GateValue>::build([&](wire::GateValue::Builder out) {
    out.setTrack(now.track());
    out.setPosition(now.position() + 1);
    out.setChain(data_of(now.chain()));
    out.setGeneration(data_of(sealers.hash()));
    out.setKind(what.kind);
    if (what.what)
      set_proposal(out, what);
    if (what.members)
      out.setMembers(what.members->content());
    auto evidence = out.initEvidence(static_cast<uint32_t>(what.evidence.size()));
    for (uint32_t i = 0; i < what.evidence.size(); ++i)
      evidence.setWithCaveats(i, *what.evidence[i]->whole);
    out.setFirst(first);
    set_recent(out, now, what);
    set_decision(out, now);
    set_completed(out, now, sealers, what);
  });
  auto made = std::make_shared<proposed_value>();
  made->content = to_canonical<wire::GateValue>(*built);
  made->hash = hash_of(made->content);
  made->what = what.what;
  made->evidence = what.evidence;
  made->members = what.members;
  return made;
}

} // namespace hive::gate
