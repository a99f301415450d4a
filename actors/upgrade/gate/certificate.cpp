#include "actors/upgrade/gate/certificate.hpp"

#include <map>

namespace hive::gate {
namespace {

/// Whether `seal` knows of a newer start of a member than that under which `other` of that member was made.
bool is_struck_by(const place& where, const statement& other, const statement& seal) {
  auto member = where.sealers.rank_of(other.origin);
  for (auto known : seal.seal()->getStarts())
    if (member == known.getMember() && known.getStart() > other.seal()->getStart())
      return true;
  return false;
}

/// The newest slot of each member, by rank.
statements one_each(const place& where, const statements& seals) {
  std::map<rank, statement_ptr> newest;
  for (const auto& seal : seals) {
    auto member = where.sealers.rank_of(seal->origin);
    if (!member)
      continue;
    auto& known = newest[*member];
    if (!known || seal->is_newer_than(*known))
      known = seal;
  }
  statements out;
  for (auto& [member, seal] : newest)
    out.push_back(std::move(seal));
  return out;
}

template <class Wanted>
statements quorum_of(const place& where, const statements& seals, Wanted wanted) {
  statements chosen;
  for (const auto& seal : seals)
    if (counts_at(where, *seal) && wanted(*seal))
      chosen.push_back(seal);
  if (chosen.size() < where.sealers.quorum())
    return {};
  chosen = consistent(where, std::move(chosen));
  if (chosen.size() < where.sealers.quorum())
    return {};
  return chosen;
}

} // namespace

bool leads_at(const place& where, const statement& lead) {
  auto content = *lead.lead();
  auto in = round_of(content.getRound());
  return lead.type == slot_type::lead && lead.track == where.track && content.getPosition() == where.position &&
         is_same(content.getGeneration(), where.sealers.hash()) &&
         in.owner == where.sealers.owner_of(where.position, in.counter) &&
         where.sealers.rank_of(lead.origin) == in.owner;
}

bool is_claim_proven(const place& where, const statement& seal) {
  auto accepted = seal.seal()->getAccepted();
  const auto& lead = seal.claim();
  return leads_at(where, *lead) && lead->lead()->getStep() == wire::GateStep::PROPOSES &&
         round_of(lead->lead()->getRound()) == round_of(accepted.getRound()) &&
         view_of(lead->lead()->getValueHash()) == view_of(accepted.getValueHash());
}

bool counts_at(const place& where, const statement& seal) {
  if (seal.type != slot_type::seal || seal.track != where.track)
    return false;
  auto content = *seal.seal();
  return content.getAdmitted() && content.getPosition() == where.position &&
         is_same(content.getGeneration(), where.sealers.hash()) && is_same(content.getChain(), where.chain) &&
         where.sealers.rank_of(seal.origin) && (!seal.claim() || is_claim_proven(where, seal));
}

statements consistent(const place& where, statements seals) {
  seals = one_each(where, seals);
  // Usually there is no conflict. Else the statement with the most goes first: a stale one is in conflict with all that
  // know better, and so is one of a liar who claims to know of starts that never were.
  for (;;) {
    std::vector<size_t> conflicts(seals.size());
    for (size_t i = 0; i < seals.size(); ++i)
      for (size_t j = 0; j < seals.size(); ++j)
        if (i != j && is_struck_by(where, *seals[i], *seals[j])) {
          ++conflicts[i];
          ++conflicts[j];
        }
    auto worst = std::ranges::max_element(conflicts);
    if (worst == conflicts.end() || *worst == 0)
      return seals;
    seals.erase(seals.begin() + (worst - conflicts.begin()));
  }
}

std::optional<accepted_claim> compelled_by(const statements& promises) {
  std::optional<accepted_claim> highest;
  for (const auto& promise : promises) {
    if (!promise->claim())
      continue;
    auto accepted = promise->seal()->getAccepted();
    auto in = round_of(accepted.getRound());
    if (!highest || highest->in < in)
      highest = {in, digest_of(accepted.getValueHash())};
  }
  return highest;
}

statements promises_for(const place& where, const round& in, const statements& seals) {
  return quorum_of(where, seals, [&](const statement& seal) {
    auto content = *seal.seal();
    bool is_below = !content.hasAccepted() || round_of(content.getAccepted().getRound()) < in;
    return content.hasPromised() && round_of(content.getPromised()) == in && is_below;
  });
}

statements accepts_for(const place& where, const round& in, const digest& value, const statements& seals) {
  return quorum_of(where, seals, [&](const statement& seal) {
    auto content = *seal.seal();
    return content.hasAccepted() && content.getAccepted().getOwn() &&
           round_of(content.getAccepted().getRound()) == in && is_same(content.getAccepted().getValueHash(), value);
  });
}

caf::error check_sealed(const sealed_value& sealed, const generation& sealers) {
  auto content = *sealed.value->content;
  place where{sealers, content.getTrack(), content.getPosition(), digest_of(content.getChain())};
  if (!is_same(content.getGeneration(), sealers.hash()))
    return fail(ec::invalid, "value " + short_text(sealed.value->hash) + " is of another generation");
  // All accept in the round of the first; accepts of other rounds have no place in a certificate.
  if (sealed.accepts.empty() || !sealed.accepts.front()->claim())
    return fail(ec::invalid, "value " + short_text(sealed.value->hash) + " has no accepts");
  auto in = round_of(sealed.accepts.front()->seal()->getAccepted().getRound());
  if (accepts_for(where, in, sealed.value->hash, sealed.accepts).empty())
    return fail(ec::invalid, "value " + short_text(sealed.value->hash) + " has no quorum of accepts");
  return {};
}

} // namespace hive::gate
