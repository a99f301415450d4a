#pragma once

#include "actors/http/exchange.hpp"
#include "messages/json.hpp"
#include "messages/tracker.capnp.h"

#include <optional>
#include <string>
#include <vector>

namespace hive::http {

/// The records of one request, with what was wrong with the lines left out.
struct task_batch {
  struct rejected_line {
    uint32_t line; ///< from 1
    std::string reason;
  };

  msg<wire::RecordTasks> records;
  std::vector<uint32_t> lines;         ///< of NDJSON: where each record stands; empty: its place in the array
  std::vector<rejected_line> rejected; ///< of NDJSON: what was left out

  /// What to answer when the tracker has answered: its rejected records are named by their lines.
  msg<wire::TasksRecorded> answer(const msg<wire::TasksRecorded>& kept) const;
};

/// Reads the body of POST /tasks: one record, an array, or NDJSON by its Content-Type. Of NDJSON, bad lines are left
/// out and blank ones skipped; the other forms are taken whole or not at all. On failure `why` says what: nothing was
/// readable, or there are more records than wire::RecordTasks may hold.
std::optional<task_batch> read_tasks(const request& from, json_error& why);

} // namespace hive::http
