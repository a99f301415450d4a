#pragma once

#include "actors/http/exchange.hpp"
#include "messages/json.hpp"
#include "messages/tracker.capnp.h"

#include <optional>
#include <string>
#include <vector>

namespace hive::http {

/// The records of one request, and the rejected lines.
struct task_batch {
  struct rejected_line {
    uint32_t line; ///< from 1
    std::string reason;
  };

  msg<wire::RecordTasks> records;
  std::vector<uint32_t> lines;         ///< for NDJSON: each record's line; empty: its position in the array
  std::vector<rejected_line> rejected; ///< for NDJSON: the rejected lines

  /// The final answer: `kept`, the tracker's answer, with rejected records identified by line.
  msg<wire::TasksRecorded> answer(const msg<wire::TasksRecorded>& kept) const;
};

/// Reads the body of POST /tasks: one record, an array, or NDJSON, depending on the Content-Type. For NDJSON, invalid
/// lines are rejected individually and blank ones skipped; the other forms are accepted completely or not at all. On
/// failure `why` explains: nothing was readable, or there are more records than wire::RecordTasks can hold.
std::optional<task_batch> read_tasks(const request& from, json_error& why);

} // namespace hive::http
