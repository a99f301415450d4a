#include "actors/store/durable_batch.hpp"

#include "messages/ec.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

void give(std::vector<pending_answer> answers) {
  for (auto& each : answers)
    each.promise.deliver(std::move(each.content));
}

void refuse(std::vector<pending_answer> answers, const caf::error& why) {
  for (auto& each : answers)
    each.promise.deliver(why);
}

} // namespace

// -- commit_groups -------------------------------------------------------------

bool commit_groups::has_room(size_t more) const {
  return entries() + more <= most_.entries && gathered_.writes.bytes() + in_flight_.bytes <= most_.bytes;
}

bool commit_groups::can_launch() const {
  return !is_in_flight_ && !(gathered_.writes.empty() && gathered_.answers.empty());
}

write_set commit_groups::launch() {
  in_flight_ = std::exchange(gathered_, {});
  is_in_flight_ = true;
  in_flight_.bytes = in_flight_.writes.bytes();
  return std::exchange(in_flight_.writes, {});
}

std::vector<pending_answer> commit_groups::land() {
  is_in_flight_ = false;
  return std::exchange(in_flight_, {}).answers;
}

commit_groups::undone commit_groups::drop() {
  is_in_flight_ = false;
  return {std::exchange(in_flight_, {}).answers, std::exchange(gathered_, {}).answers};
}

// -- durable_batch -------------------------------------------------------------

durable_batch::~durable_batch() {
  auto undone = groups_.drop();
  refuse(std::move(undone.in_flight), fail(ec::outcome_unknown, owner_ + " ended while the disk was writing"));
  refuse(std::move(undone.gathered), fail(ec::unavailable, owner_ + " ended before this was written"));
}

void durable_batch::init(caf::scheduled_actor* self, durable_batch_options options) {
  self_ = self;
  owner_ = self->name();
  options_ = std::move(options);
  groups_ = commit_groups{{options_.max_entries, options_.max_bytes}};
}

caf::error durable_batch::check_room(size_t more) const {
  if (groups_.has_room(more))
    return caf::none;
  return fail(ec::overloaded,
              std::to_string(groups_.entries()) + " " + options_.entries + " wait for the disk already");
}

void durable_batch::flush() {
  give(launch());
}

/// Launches the next group. Returns the answers that need no write: those to repetitions of durable entries, and to
/// queries.
std::vector<pending_answer> durable_batch::launch() {
  if (!groups_.can_launch())
    return {};
  options_.seal(groups_.writes());
  auto writes = groups_.launch();
  if (writes.empty())
    return groups_.land();
  commit_(std::move(writes));
  return {};
}

void durable_batch::land() {
  auto durable = groups_.land();
  if (options_.on_durable)
    options_.on_durable();
  // Launches the next group first, so that the disk works while answers are sent and new messages arrive.
  auto durable_too = launch();
  give(std::move(durable));
  give(std::move(durable_too));
}

void durable_batch::fail_with(const caf::error& error) {
  auto undone = groups_.drop();
  refuse(std::move(undone.in_flight), error);
  // Gathered writes were never sent, so their senders get a definite answer.
  bool is_known = code_of(error) != ec::outcome_unknown;
  refuse(std::move(undone.gathered), is_known ? error : fail(ec::unavailable, "not written: " + text_of(error)));
  if (auto unreadable = options_.reload())
    self_->quit(std::move(unreadable));
}

void durable_batch::committer_ended() {
  auto undone = groups_.drop();
  refuse(std::move(undone.in_flight), fail(ec::outcome_unknown, "the committer ended while the disk was writing"));
  refuse(std::move(undone.gathered), fail(ec::unavailable, "the committer ended before this was written"));
  self_->quit(fail(ec::unavailable, "the committer ended"));
}

} // namespace hive
