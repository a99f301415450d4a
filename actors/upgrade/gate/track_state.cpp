#include "actors/upgrade/gate/track_state.hpp"

namespace hive::gate {

using kind = wire::GateValueKind;

phase track_state::now() const {
  if (!newest_)
    return phase::idle;
  switch (newest_->content->getKind()) {
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
