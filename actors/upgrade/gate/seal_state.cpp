#include "actors/upgrade/gate/seal_state.hpp"

namespace hive::gate {

seal_state seal_state::from(const statement& seal, const generation& sealers) {
  seal_state out;
  auto content = *seal.seal();
  out.start = content.getStart();
  out.admitted = content.getAdmitted();
  out.admitted_at = content.getAdmittedAt();
  if (content.hasPromised())
    out.promised = round_of(content.getPromised());
  if (content.hasAccepted()) {
    auto accepted = content.getAccepted();
    out.accepted =
      acceptance{round_of(accepted.getRound()), digest_of(accepted.getValueHash()), accepted.getOwn(), seal.claim()};
  }
  for (auto known : content.getStarts())
    if (known.getMember() < sealers.size())
      out.starts[sealers.node(known.getMember())] = {known.getStart(), known.getNonce()};
  for (auto hold : content.getHolds())
    if (hold.getMember() < sealers.size())
      out.holds[sealers.node(hold.getMember())] = hold.getSequence();
  return out;
}

void seal_state::accept(const round& in, const digest& value, statement_ptr lead) {
  if (in.counter > 0) // nobody asks for a promise of round 0
    promise(in);
  accepted = acceptance{in, value, true, std::move(lead)};
}

namespace {

template <class Map>
std::vector<std::pair<rank, typename Map::mapped_type>> of_members(const generation& sealers, const Map& by_node) {
  std::vector<std::pair<rank, typename Map::mapped_type>> out;
  for (const auto& [node, content] : by_node)
    if (auto member = sealers.rank_of(node))
      out.emplace_back(*member, content);
  return out;
}

} // namespace

msg<wire::GateSeal> seal_state::to_message(const place& where, const node_id& self) const {
  return msg<wire::GateSeal>::build([&](wire::GateSeal::Builder out) {
    out.setPosition(where.position);
    out.setChain(data_of(where.chain));
    out.setGeneration(data_of(where.sealers.hash()));
    out.setStart(start);
    out.setAdmitted(admitted);
    out.setAdmittedAt(admitted_at);
    if (promised)
      set_round(out.initPromised(), *promised);
    if (accepted) {
      auto to = out.initAccepted();
      set_round(to.initRound(), accepted->in);
      to.setValueHash(data_of(accepted->value));
      to.setOwn(accepted->own);
      to.setLead(*accepted->lead->whole);
    }
    auto others = starts;
    others.erase(self);
    auto known = of_members(where.sealers, others);
    auto start_list = out.initStarts(static_cast<uint32_t>(known.size()));
    for (uint32_t i = 0; i < known.size(); ++i) {
      start_list[i].setMember(known[i].first);
      start_list[i].setStart(known[i].second.start);
      start_list[i].setNonce(known[i].second.nonce);
    }
    auto held = of_members(where.sealers, holds);
    auto hold_list = out.initHolds(static_cast<uint32_t>(held.size()));
    for (uint32_t i = 0; i < held.size(); ++i) {
      hold_list[i].setMember(held[i].first);
      hold_list[i].setSequence(held[i].second);
    }
  });
}

} // namespace hive::gate
