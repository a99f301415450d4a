#include "actors/store/commit_group.hpp"

#include "messages/ec.hpp"

#include <caf/all.hpp>

namespace hive {

const write_set& writes_of(const caf::mailbox_element& request) {
  return request.content().get_as<write_set>(0);
}

commit_group::~commit_group() {
  answer(fail(ec::outcome_unknown, "the committer ended while the disk was writing"));
}

void commit_group::add(caf::mailbox_element_ptr request, sender who) {
  bytes_ += writes_of(*request).bytes();
  requests_.push_back(std::move(request));
  senders_.push_back(std::move(who));
}

void commit_group::put_into(database::batch& out) const {
  for (const auto& each : requests_)
    out.add(writes_of(*each));
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
