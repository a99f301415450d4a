#pragma once

#include "actors/tracker/task_ledger.hpp"
#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// Collects the results for the records of one message.
class task_results {
public:
  /// `place` is the record's position in the message, from 1.
  void add(uint32_t place, admission what);

  msg<wire::TasksRecorded> answer() const;

private:
  uint32_t recorded_ = 0;
  std::vector<uint32_t> duplicates_;                       ///< places
  std::vector<std::pair<uint32_t, std::string>> rejected_; ///< places, with reasons
};

} // namespace hive
