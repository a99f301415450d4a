#pragma once

#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"

#include <caf/expected.hpp>
#include <cstddef>
#include <vector>

namespace hive {

/// Messages with records that go to a node as one message, and what its answer says about each of them. Pure.
class joined_records {
public:
  /// Adds a message that passed `check` and states no source.
  void add(msg<wire::RecordTasks> more);

  size_t messages() const {
    return messages_.size();
  }
  size_t records() const {
    return records_;
  }

  /// All records, in the order in which they were added.
  msg<wire::RecordTasks> message() const;

  /// The answer to each message, in their order. ec::malformed when `all` does not say what became of each record.
  caf::expected<std::vector<msg<wire::TasksRecorded>>> split(const msg<wire::TasksRecorded>& all) const;

private:
  std::vector<msg<wire::RecordTasks>> messages_;
  size_t records_ = 0;
};

} // namespace hive
