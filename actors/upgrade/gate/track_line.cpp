#include "actors/upgrade/gate/track_write.hpp"

// Lines of generations, which operators begin when a quorum is lost for good (gate.md section 8). Each node joins a
// line on the word of its own operator alone. A node never comes back to a line that it has left: of the lines that it
// joins each begins at a later position, or at the same one with a higher number. So it cannot forget what it said in
// one, unless its disk was set back; hence it is admitted anew in each.

namespace hive::gate {

void track::restore_log(const log_content& log) {
  newest_ = log.newest;
  auto members = log.generations;
  members.push_back(*newest_);
  line_ = log.line;
  if (line_) // those before it stay below its number
    sealers_ = line_->first;
  generations_.clear();
  for (const auto& each : members)
    if (line_ && each.value->members && each.value->members->number() < line_->first->number())
      generations_.push_back(each);
    else
      set_generation(each);
  state_ = track_state{newest_->value, line_ && line_->before};
}

namespace {

/// The generation in force after the newest value of the log, whose certificates are checked from `known` on; null when
/// they do not prove it. `passed` gets the members values.
generation_ptr follow(const log_content& log, generation_ptr known, std::vector<sealed_value>& passed) {
  for (const auto& each : log.generations) {
    if (!each.value->members || each.value->members->number() <= known->number())
      continue;
    if (check_sealed(each, *known))
      return nullptr;
    known = each.value->members;
    passed.push_back(each);
  }
  if (check_sealed(log.newest, *known))
    return nullptr;
  if (log.newest.value->members && log.newest.value->members->number() > known->number()) {
    known = log.newest.value->members;
    passed.push_back(log.newest);
  }
  return known;
}

} // namespace

/// Joins the line of the log if it begins later than that of this node, and leaves nothing out that this node knows to
/// be sealed.
bool track::join_line(const log_content& log, instant now, effects& out) {
  const auto& line = *log.line;
  if (line.position < state_.position() || (line.position == state_.position() && line.chain != state_.chain()))
    return false;
  if (line.position == state_.position() && line.first->number() <= sealers_->number())
    return false;
  bool is_unsealed = log.newest.value->content->getPosition() == line.position;
  std::vector<sealed_value> passed;
  if (!is_unsealed) {
    if (!follow(log, line.first, passed))
      return false;
    enter_line(line, log.newest, std::move(passed), now, out);
    return true;
  }
  if (log.newest.value->hash != line.chain || !line.before)
    return false;
  auto before = state_.begins_line() ? line_->before : sealers_;
  passed = generations_;
  if (line.position > state_.position())
    before = follow(log, before, passed);
  if (!before || line.before->hash() != before->hash())
    return false;
  enter_line(line, log.newest, std::move(passed), now, out);
  return true;
}

bool track::join_begun_line(const generation& members, instant now, effects& out) {
  const log_content* best = nullptr;
  for (const auto& [node, slot] : logs_) {
    const auto& log = slot->log();
    if (!log.line || !log.line->first->has_same_members(members))
      continue;
    auto order_of = [](const log_content& each) { return std::pair{each.line->position, each.line->first->number()}; };
    auto newest_of = [](const log_content& each) { return each.newest.value->content->getPosition(); };
    if (!best || std::pair{order_of(log), newest_of(log)} > std::pair{order_of(*best), newest_of(*best)})
      best = &log;
  }
  return best && join_line(*best, now, out);
}

void track::enter_line(const line_start& line, sealed_value newest, std::vector<sealed_value> generations, instant now,
                       effects& out) {
  line_ = line;
  sealers_ = line.first;
  generations_.clear();
  for (auto& each : generations) {
    if (each.value->members->number() < line.first->number())
      generations_.push_back(std::move(each));
    else
      set_generation(each);
  }
  own_rank_ = sealers_->rank_of(options_.self);
  // What a lost disk said in this line others have to give back.
  seal_.admitted = false;
  bool is_newer = newest.value->content->getPosition() > state_.position();
  bool begins = newest.value->content->getPosition() == line.position;
  if (!begins)
    line_->before = nullptr;
  newest_ = std::move(newest);
  state_ = track_state{newest_->value, begins};
  begin_position(now);
  write_log(true, now, out); // a disk that is set back gets from others what its operator said
  if (is_newer)
    out.others.push_back(outputs::decided{*newest_});
}

void track::on(const events::begin_line& what, instant now, effects& out) {
  auto refuse = [&](caf::error why) { out.others.push_back(outputs::refused{number_, std::move(why)}); };
  if (!newest_)
    return refuse(fail(ec::conflict, "nothing is sealed yet: configure other members instead"));
  auto line = line_start::make(state_.begins_line() ? line_->before : sealers_, sealers_->number() + 1,
                               state_.position(), state_.chain(), *what.members);
  if (!line)
    return refuse(line.error());
  if (join_begun_line(*line->first, now, out))
    return;
  if (!line->first->has_same_members(*sealers_)) {
    enter_line(*line, *newest_, generations_, now, out);
  } else if (!line_) {
    refuse(fail(ec::conflict, "these are the sealers already"));
  }
}

} // namespace hive::gate
