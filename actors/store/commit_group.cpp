#include "actors/store/commit_group.hpp"

#include "messages/ec.hpp"

#include <caf/all.hpp>

namespace hive {

commit_group::~commit_group() {
  answer(fail(ec::outcome_unknown, "the committer ended while the disk was writing"));
}

void commit_group::add(const write_set& writes, sender who) {
  batch.add(writes);
  senders_.push_back(std::move(who));
}

void commit_group::answer(const caf::error& err) {
  for (auto& each : std::exchange(senders_, {})) {
    if (err)
      each.deliver(err);
    else
      each.deliver(committed{});
  }
}

} // namespace hive
