#pragma once

#include "apps/hivectl/context.hpp"
#include "apps/hivectl/progress.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

namespace hive::ctl {

/// Work that a node does by itself.
struct work_on_node {
  std::string what;    ///< for the progress line, such as "Review r12"
  std::string path;    ///< where its record is
  std::string command; ///< shows it later
};

/// Asks for a record until `has_ended` says that its work is done, and shows its progress. A node that is away for a
/// moment, for example for its restart, is asked again for a minute.
template <class Record, class Ended>
caf::expected<msg<Record>> wait_for_end(session& s, const work_on_node& work, msg<Record> record, Ended has_ended) {
  using namespace std::chrono_literals;
  constexpr std::chrono::milliseconds first_look = 200ms; // short, for small work
  constexpr std::chrono::milliseconds longest_look = 1s;
  constexpr auto patience_with_node = 60s;
  progress shown{work.what, s.set};
  auto pause = first_look;
  auto last_answer = std::chrono::steady_clock::now();
  while (!has_ended(*record)) {
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, longest_look);
    auto now = std::chrono::steady_clock::now();
    auto answer = s.node.ask<Record>({.path = work.path});
    if (!answer && (code_of(answer.error()) != ec::unavailable || now - last_answer > patience_with_node))
      return fail_as(exit_status_of(answer.error()),
                     text_of(answer.error()) + "; the work may go on: '" + work.command + "'");
    if (!answer)
      continue;
    last_answer = now;
    record = *answer;
    shown.now(work.what + ": " + record->getProgress().cStr());
  }
  return record;
}

} // namespace hive::ctl
