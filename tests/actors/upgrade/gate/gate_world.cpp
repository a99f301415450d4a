#include "tests/actors/upgrade/gate/gate_world.hpp"

#include "tests/actors/upgrade/gate/gate_signing.hpp"

namespace hive::gate::testing {

namespace {

/// Seeds that once failed are tests, so this stays as it is.
constexpr uint64_t seed_step = 6;

} // namespace

void world_counts::add(const world_counts& other) {
  steps += other.steps;
  crashes += other.crashes;
  old_disks += other.old_disks;
  hooks += other.hooks;
  contradictions += other.contradictions;
  lines += other.lines;
  missed += other.missed;
  for (auto [kind, number] : other.sealed)
    sealed[kind] += number;
}

gate_world::gate_world(uint64_t seed, weather how)
    : seed_{seed}, weather_{how}, random_{seed * seed_step + static_cast<uint64_t>(how)} {
  verifier_.verify = verify;
  loss_ = random(4) == 0 ? 0 : random(40);
  is_hasty_ = random(4) == 0;
  make_nodes();
}

gate_world::~gate_world() = default;

void gate_world::make_nodes() {
  bool has_slack = weather_ == weather::lying_acceptor || weather_ == weather::lying_owner;
  bool is_beyond = weather_ == weather::lies_beyond_slack;
  bool keeps_disks = weather_ == weather::rough || weather_ == weather::lying_voter;
  // One node has no protection against an old disk.
  auto count = static_cast<size_t>(has_slack ? 4 : is_beyond ? 3 : keeps_disks ? 1 + random(5) : 3 + random(3));
  size_t extra = weather_ == weather::changing_members ? 1 + random(2) : 0;
  if (extra > 0)
    count = std::min<size_t>(count, 4);
  auto members = msg<wire::GateGeneration>::build([&](wire::GateGeneration::Builder out) {
    out.setNumber(1);
    out.setSlack(has_slack ? 1 : 0);
    auto list = out.initMembers(static_cast<uint32_t>(count));
    for (uint32_t i = 0; i < count; ++i)
      list[i].setNode(id_of(static_cast<rank>(i)).value);
  });
  first_ = *generation::from(*members);
  generations_[first_->hash()] = first_;
  nodes_.resize(count + extra);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    auto& each = nodes_[i];
    each.index = static_cast<rank>(i);
    each.id = id_of(each.index);
    each.options.self = each.id;
    each.options.tracks = {first_};
    boot(each, false);
  }
  if (weather_ == weather::lying_voter || has_slack || is_beyond)
    nodes_[static_cast<size_t>(random(static_cast<int>(count)))].is_liar = true;
}

// -- a node's life ---------------------------------------------------------------------------

void gate_world::boot(node& which, bool is_disk_current) {
  ++which.epoch;
  which.version = 0;
  which.booted = now_;
  which.durable = 0;
  auto* self = &which;
  gate_crypto crypto{[self](slot_type type, const std::string& key, const std::string& payload) {
                       return sign(self->index, type, key, payload, self->epoch, ++self->version);
                     },
                     verify};
  which.core = std::make_unique<gate_core>(which.options, std::move(crypto));
  stored_state stored;
  for (const auto& [name, slot] : which.stored.own)
    stored.own.push_back(slot);
  for (const auto& [track, slot] : which.stored.kept)
    stored.kept.push_back(slot);
  which.core->restore(stored);
  // What was stored and not told is told now: the replica takes its own slots from the disk.
  for (const auto& slot : stored.own)
    if (!which.stored.heard.contains({slot->origin, slot->type, slot->track}) ||
        slot->is_newer_than(*which.stored.heard[{slot->origin, slot->type, slot->track}]))
      tell(which, slot);
  step(which, events::started{which.epoch, random_(), is_disk_current});
  for (const auto& [name, slot] : disk{which.stored}.heard)
    if (which.core)
      step(which, events::heard{slot});
}

void gate_world::crash(node& which) {
  which.core.reset();
  for (const auto& write : which.writes)
    for (const auto& slot : write.slots)
      writes_of_.erase(slot);
  which.writes.clear();
  which.judges.clear();
  which.hooks.clear();
  ++counts_.crashes;
}

/// One old disk at a time, while the others answer truthfully: whoever was set back has been admitted since, and has
/// stored that.
bool gate_world::may_set_back() const {
  if (survivors_ && (*survivors_)->size() == 1)
    return false; // one node has no protection
  return std::ranges::all_of(nodes_, [](const node& each) {
    if (!each.is_old)
      return true;
    auto start = each.stored.own.find({slot_type::start, 0});
    auto seal = each.stored.own.find({slot_type::seal, 0});
    return start != each.stored.own.end() && seal != each.stored.own.end() && seal->second->seal()->getAdmitted() &&
           seal->second->seal()->getStart() == start->second->start()->getStart() &&
           start->second->epoch > each.old_epoch;
  });
}

/// Of hooks that a copy from before the line lacks, only those may know who are lost: an old disk on top of that is not
/// borne.
bool gate_world::is_copy_bearable(const node& which) const {
  auto run_on = [](const disk& from) {
    auto run = from.own.find({slot_type::run, 0});
    return run == from.own.end() ? nullptr : run->second;
  };
  if (run_on(which.saved) == run_on(which.stored))
    return true;
  auto line_on = [&](const disk& from) {
    auto log = from.own.find({slot_type::log, 0});
    bool has_line = log != from.own.end() && log->second->log().line;
    return has_line ? log->second->log().line->first->hash() : digest{};
  };
  return line_on(which.saved) != digest{} && line_on(which.saved) == line_on(which.stored);
}

void gate_world::set_back(node& which) {
  if (!which.has_copy || !may_set_back() || (survivors_ && !is_copy_bearable(which)))
    return;
  crash(which);
  which.stored = which.saved;
  // What it had sent may be lost with it, and it may come back among others than those it spoke with.
  if (chance(50))
    std::erase_if(in_flight_, [&](const auto& each) { return each.slot->origin == which.id; });
  if (chance(50))
    for (auto& each : nodes_)
      each.group = random(2);
  which.is_stamped = false;
  which.is_old = true;
  which.old_epoch = which.epoch;
  ++counts_.old_disks;
  boot(which, false);
}

void gate_world::step(node& which, const event& what) {
  ++counts_.steps;
  // The outputs are valid until the next step.
  auto out = which.core->step(what, now_ - which.booted);
  for (const auto& each : out)
    if (which.core && violation_.empty())
      take(which, each);
}

void gate_world::take_write(node& which, const outputs::write& what) {
  for (const auto& slot : what.slots) {
    writes_of_[slot] = what.number;
    if (slot->type == slot_type::value)
      values_[slot->proposed().value->hash] = slot->proposed().value;
    if (slot->type == slot_type::log && slot->log().line) {
      const auto& line = *slot->log().line;
      generations_[line.first->hash()] = line.first;
      lines_.emplace(line_of(line.first->hash()), line);
    }
    if (slot->payload().size() > max_payload_bytes)
      violate("a payload of " + std::to_string(slot->payload().size()) + " bytes");
  }
  which.writes.push_back(what);
}

void gate_world::take(node& which, const output& what) {
  if (auto* write = std::get_if<outputs::write>(&what))
    take_write(which, *write);
  else if (auto* told = std::get_if<outputs::tell>(&what))
    for (const auto& slot : told->slots)
      tell(which, slot);
  else if (auto* judge = std::get_if<outputs::judge>(&what)) {
    which.judges.push_back(*judge);
    watched_.insert({which.id, judge->what->id(), judge->stage});
  } else if (std::holds_alternative<outputs::missed_hook>(what))
    ++counts_.missed;
  else if (auto* hook = std::get_if<outputs::start_hook>(&what))
    check_hook(which, *hook);
  else if (auto* decided = std::get_if<outputs::decided>(&what))
    check_decided(which, decided->what);
  else if (auto* lie = std::get_if<outputs::contradiction>(&what)) {
    ++counts_.contradictions;
    exposed_.insert(lie->one->origin);
    auto liar = std::ranges::find(nodes_, lie->one->origin, &node::id);
    if (!liar->is_liar)
      violate("I5: " + liar->id.value + " is honest and contradicts itself in slots of kind " +
              std::to_string(static_cast<int>(lie->one->type)));
  } else if (std::holds_alternative<outputs::conflict>(what)) {
    violate("I1: two certificates for one position");
  }
}

void gate_world::store_next(node& which) {
  auto write = std::move(which.writes.front());
  which.writes.pop_front();
  bool is_wanted = has_old_disks() && !is_calm_;
  // A copy from right before a statement is the one that forgets it.
  bool is_weighty = std::ranges::any_of(write.slots, [](const auto& each) {
    return (each->type == slot_type::seal && each->claim()) || each->type == slot_type::run;
  });
  if (is_wanted && chance(is_weighty ? 50 : 3)) {
    which.saved = which.stored;
    which.has_copy = true;
  }
  check_kept(which, write);
  for (const auto& slot : write.slots)
    which.stored.own[{slot->type, slot->track}] = slot;
  for (const auto& slot : write.kept)
    which.stored.kept[slot->track] = slot;
  which.durable = write.number;
  which.is_stamped = true;
  // A crash at every write: between what is stored and what is told.
  if (!is_calm_ && random(200) == 0) {
    crash(which);
    return;
  }
  step(which, events::durable{write.number});
  if (is_wanted && which.core && which.has_copy && random(100) < (is_weighty ? 10 : 1))
    set_back(which);
}

// -- links ----------------------------------------------------------------------------------

void gate_world::tell(node& from, const statement_ptr& slot) {
  check_told(from, slot);
  from.stored.heard[{slot->origin, slot->type, slot->track}] = slot;
  for (auto& to : nodes_)
    if (to.index != from.index && !chance(is_calm_ ? 0 : loss_)) {
      in_flight_.push_back({to.index, slot, before(from, slot)});
      if (!is_calm_ && chance(5))
        in_flight_.push_back({to.index, slot, before(from, slot)});
    }
}

/// What a replica has of an origin is a prefix: whoever hears that an owner accepted its own value has that value.
statement_ptr gate_world::before(const node& from, const statement_ptr& slot) const {
  if (slot->type != slot_type::seal || !slot->claim() || slot->claim()->origin != slot->origin)
    return nullptr;
  auto value = from.stored.heard.find({slot->origin, slot_type::value, 0});
  return value == from.stored.heard.end() ? nullptr : value->second;
}

void gate_world::deliver(size_t which) {
  // Links are short: what does not fit is lost, and exchanged later.
  constexpr size_t longest = 40;
  while (!is_calm_ && in_flight_.size() > longest) {
    std::swap(in_flight_[static_cast<size_t>(random(static_cast<int>(in_flight_.size())))], in_flight_.back());
    in_flight_.pop_back();
  }
  which = std::min(which, in_flight_.size() - 1);
  auto what = std::move(in_flight_[which]);
  in_flight_[which] = std::move(in_flight_.back());
  in_flight_.pop_back();
  auto& to = nodes_[what.to];
  if (!to.core)
    return;
  auto sender = std::ranges::find(nodes_, what.slot->origin, &node::id);
  if (!is_calm_ && sender->group != to.group && chance(90))
    return;
  if (!sender->is_liar && what.slot->epoch > sender->epoch)
    violate("a slot from the future");
  if (what.before)
    hand_over(to, what.before);
  if (to.core)
    hand_over(to, what.slot);
}

void gate_world::hand_over(node& to, const statement_ptr& slot) {
  auto& known = to.stored.heard[{slot->origin, slot->type, slot->track}];
  if (known && !slot->is_newer_than(*known))
    return;
  known = slot;
  if (slot->origin == to.id) {
    auto& own = to.stored.own[{slot->type, slot->track}];
    if (own && !slot->is_newer_than(*own))
      return; // it has a later one that it told nobody
    own = slot;
  }
  step(to, events::heard{slot});
}

/// What replicas do all the time: one sends the other some of what that lacks.
void gate_world::exchange(node& from, node& to, size_t most) {
  if (!from.core || !to.core || (!is_calm_ && from.group != to.group))
    return;
  std::vector<statement_ptr> lacking;
  for (const auto& [name, slot] : from.stored.heard) {
    auto found = to.stored.heard.find(name);
    if (found == to.stored.heard.end() || slot->is_newer_than(*found->second))
      lacking.push_back(slot);
  }
  std::ranges::shuffle(lacking, random_);
  for (size_t i = 0; i < std::min(most, lacking.size()); ++i)
    in_flight_.push_back({to.index, lacking[i], before(from, lacking[i])});
}

void gate_world::pass_time() {
  auto& which = nodes_[static_cast<size_t>(random(static_cast<int>(nodes_.size())))];
  if (!which.core)
    return;
  auto due = which.core->next_deadline();
  if (due && chance(is_hasty_ ? 50 : 8))
    now_ = std::max(now_, which.booted + *due);
  else
    now_ += std::chrono::milliseconds{random(300)};
  step(which, events::ticked{});
}

gate_world::node* gate_world::any_up() {
  auto& which = nodes_[static_cast<size_t>(random(static_cast<int>(nodes_.size())))];
  return which.core ? &which : nullptr;
}

// -- one step ----------------------------------------------------------------------------------

void gate_world::act() {
  auto& which = nodes_[static_cast<size_t>(random(static_cast<int>(nodes_.size())))];
  auto& other = nodes_[static_cast<size_t>(random(static_cast<int>(nodes_.size())))];
  auto dice = random(1000);
  if (dice < 600) {
    if (!in_flight_.empty())
      deliver(static_cast<size_t>(random(static_cast<int>(in_flight_.size()))));
    else
      pass_time();
  } else if (dice < 820) {
    if (which.core && !which.writes.empty())
      store_next(which);
  } else if (dice < 890) {
    exchange(which, other, 4);
  } else if (dice < 905) {
    pass_time();
  } else if (dice < 950) {
    if (which.core && !which.judges.empty())
      answer_judge(which);
    else if (which.core && !which.hooks.empty())
      end_hook(which);
  } else if (dice < 975) {
    operate();
  } else if (dice < 977) {
    if (which.core)
      crash(which);
  } else if (dice < 979) {
    which.group = random(2);
  } else if (dice < 985) {
    for (auto& each : nodes_)
      each.group = 0;
  } else if (dice < 987) {
    if (has_old_disks() && which.core)
      set_back(which);
  } else if (auto down = std::ranges::find_if(
               nodes_, [&](const node& each) { return !each.core && (!each.is_lost || random(40) == 0); });
             down != nodes_.end()) {
    down->is_lost = false;
    boot(*down, down->is_stamped && chance(50));
  }
  if (chance(4))
    lie();
}

std::string gate_world::run(size_t steps) {
  for (size_t i = 0; i < steps && violation_.empty(); ++i)
    act();
  if (violation_.empty())
    settle();
  return violation_;
}

statement_ptr gate_world::sign_as(node& who, slot_type type, const std::string& payload) {
  auto whole = sign(who.index, type, slot_key(type, 0), payload, who.epoch, ++who.version);
  auto made = decode_statement(std::move(whole), verify);
  return made ? *made : nullptr;
}

} // namespace hive::gate::testing
