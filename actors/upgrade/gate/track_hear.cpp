#include "actors/upgrade/gate/contradiction.hpp"
#include "actors/upgrade/gate/track_write.hpp"

namespace hive::gate {
namespace {

/// How many slots of each kind are kept from nodes that are not members. They may become members.
constexpr size_t max_others = 64;
constexpr size_t max_asks = 1024;

/// False when it is not newer than what is there, or when there is no room for it.
bool keep(std::map<node_id, statement_ptr>& slots, const statement_ptr& slot, const generation& sealers, size_t most) {
  auto found = slots.find(slot->origin);
  if (found == slots.end()) {
    if (slots.size() >= most + sealers.size() && !sealers.rank_of(slot->origin))
      return false;
    slots.emplace(slot->origin, slot);
    return true;
  }
  if (!slot->is_newer_than(*found->second))
    return false;
  found->second = slot;
  return true;
}

statement_ptr find(const std::map<node_id, statement_ptr>& slots, const node_id& node) {
  auto found = slots.find(node);
  return found == slots.end() ? nullptr : found->second;
}

} // namespace

void track::hear(const statement_ptr& slot, instant now, effects& out) {
  if (slot->origin == options_.self) {
    if (slot->type == slot_type::log) {
      // The node told of this line, so its operator had begun it.
      if (slot->log().line)
        join_line(slot->log(), now, out);
      hear_log(slot, now, out);
    }
    hear_own(slot);
    return;
  }
  check_embedded(*slot, out);
  auto take = [&](std::map<node_id, statement_ptr>& slots, size_t most) {
    auto before = find(slots, slot->origin);
    bool is_new = keep(slots, slot, *sealers_, most);
    if (before)
      find_lie(before, slot, out);
    return is_new;
  };
  switch (slot->type) {
  case slot_type::ask:
    is_knowledge_new_ = take(known_.asks, max_asks) || is_knowledge_new_;
    break;
  case slot_type::vote:
    is_knowledge_new_ = take(known_.votes, max_others) || is_knowledge_new_;
    break;
  case slot_type::run:
    is_knowledge_new_ = take(known_.runs, max_others) || is_knowledge_new_;
    break;
  case slot_type::start:
    if (take(starts_, max_others))
      note_start(slot->origin, slot->start()->getStart(), slot->start()->getNonce(), now);
    break;
  case slot_type::seal:
    take(seals_, max_others);
    break;
  case slot_type::lead:
    take(leads_, max_others);
    break;
  case slot_type::value:
    take(values_, max_others);
    break;
  case slot_type::log:
    take(logs_, max_others);
    hear_log(slot, now, out);
    break;
  }
}

/// Takes a slot of this node: from its disk, or from others, which remember what its disk has lost.
void track::hear_own(const statement_ptr& slot) {
  switch (slot->type) {
  case slot_type::ask:
    is_knowledge_new_ = keep(known_.asks, slot, *sealers_, max_asks) || is_knowledge_new_;
    break;
  case slot_type::vote:
    is_knowledge_new_ = keep(known_.votes, slot, *sealers_, max_others) || is_knowledge_new_;
    break;
  case slot_type::lead:
    keep(leads_, slot, *sealers_, max_others);
    break;
  case slot_type::value:
    keep(values_, slot, *sealers_, max_others);
    break;
  case slot_type::run:
    if (keep(known_.runs, slot, *sealers_, max_others)) {
      run_ = slot;
      is_run_fresh_ = false;
      is_knowledge_new_ = true;
      is_missed_new_ = true;
    }
    break;
  default: // its seal slot counts only as its own disk has it
    break;
  }
}

void track::note_start(const node_id& node, uint64_t start, uint64_t nonce, instant now) {
  auto& known = seal_.starts[node];
  // Only a higher number is acknowledged. A node that restarts under an old number then takes a higher one.
  if (start <= known.start)
    return;
  known = {start, nonce};
  tell_seal_soon(now);
}

void track::find_lie(const statement_ptr& one, const statement_ptr& other, effects& out) {
  if (known_.quarantined.contains(one->origin) || !is_contradiction(*one, *other))
    return;
  known_.quarantined.insert(one->origin);
  is_knowledge_new_ = true;
  out.others.push_back(outputs::contradiction{one, other});
}

/// A liar may show different slots to different nodes. Certificates embed slots that others saw, so they bring both
/// together.
void track::check_embedded(const statement& slot, effects& out) {
  auto compare = [&](const statement_ptr& inner, const std::map<node_id, statement_ptr>& slots) {
    if (auto known = find(slots, inner->origin))
      find_lie(known, inner, out);
  };
  auto compare_seals = [&](const statements& seals) {
    for (const auto& each : seals) {
      compare(each, seals_);
      if (each->claim())
        compare(each->claim(), leads_);
    }
  };
  auto compare_evidence = [&](const proposed_value& value) {
    for (const auto& each : value.evidence)
      if (each->type == slot_type::vote)
        compare(each, known_.votes);
      else if (each->type == slot_type::run)
        compare(each, known_.runs);
  };
  if (slot.type == slot_type::seal && slot.claim())
    compare(slot.claim(), leads_);
  if (slot.type == slot_type::value) {
    compare_seals(slot.proposed().promises);
    compare_evidence(*slot.proposed().value);
  } else if (slot.type == slot_type::log) {
    compare_seals(slot.log().newest.accepts);
    compare_evidence(*slot.log().newest.value);
  }
}

void track::hear_log(const statement_ptr& slot, instant now, effects& out) {
  const auto& log = slot->log();
  auto position = log.newest.value->content->getPosition();
  if (position < state_.position())
    return;
  if (position == state_.position() && log.newest.value->hash == state_.chain())
    return;
  auto sealers = sealers_;
  if (position == state_.position() && (newest_->value->members || state_.begins_line()))
    return; // would need the generation before the newest value, which is not kept
  std::vector<sealed_value> generations = generations_;
  for (const auto& each : log.generations) {
    if (!each.value->members || each.value->members->number() <= sealers->number())
      continue;
    if (check_sealed(each, *sealers))
      return;
    sealers = each.value->members;
    generations.push_back(each);
  }
  if (check_sealed(log.newest, *sealers))
    return;
  if (position > state_.position()) {
    install(log.newest, std::move(generations), now, out);
  } else if (!conflict_) {
    conflict_ = true;
    out.others.push_back(outputs::conflict{*newest_, log.newest});
  }
}

void track::set_generation(const sealed_value& sealed) {
  if (!sealed.value->members || sealed.value->members->number() <= sealers_->number())
    return;
  sealers_ = sealed.value->members;
  generations_.push_back(sealed);
}

void track::install(sealed_value sealed, std::vector<sealed_value> generations, instant now, effects& out) {
  auto before = sealers_;
  // A disk lost at this position may have held the seal of this very value, and statements after it.
  bool is_last_lost = seal_.admitted_at == state_.position() + 1;
  for (const auto& each : generations)
    set_generation(each);
  set_generation(sealed);
  own_rank_ = sealers_->rank_of(options_.self);
  if (sealers_ != before && (is_last_lost || !before->rank_of(options_.self)))
    seal_.admitted = false;
  if (line_ && std::exchange(line_->before, nullptr))
    std::erase_if(generations_,
                  [&](const auto& each) { return each.value->members->number() < line_->first->number(); });
  state_ = track_state{sealed.value};
  newest_ = std::move(sealed);
  begin_position(now);
  // A member that leaves tells it too: the others may be no quorum without it.
  bool leaves = before->rank_of(options_.self) && !own_rank_;
  write_log(leaves || is_log_teller(), now, out);
  out.others.push_back(outputs::decided{*newest_});
}

/// Forgets what belongs to the position before, or to the line before.
void track::begin_position(instant now) {
  learned_at_ = now;
  seal_.go_on();
  kept_ = nullptr;
  refused_.clear();
  leading_.reset();
  promised_until_.clear();
  promise_due_.reset();
  round_due_.reset();
  waited_for_.reset();
  waited_of_.clear();
  asked_.reset();
  window_since_.reset();
  is_knowledge_new_ = true;
  tell_seal_soon(now);
  is_missed_new_ = true;
}

} // namespace hive::gate
