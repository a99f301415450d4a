#pragma once

#include "apps/hivectl/client.hpp"
#include "messages/tracker.capnp.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hive::ctl {

/// Records on their way to a node: NDJSON, with the number that each line has where it was read.
struct task_lines {
  std::string ndjson;
  std::vector<uint64_t> numbers;

  void add(std::string_view line, uint64_t number);
  bool empty() const {
    return numbers.empty();
  }
};

/// What became of one batch.
struct sent_tasks {
  uint64_t recorded = 0;
  uint64_t duplicates = 0;
  std::vector<std::pair<uint64_t, std::string>> rejected; ///< numbers with reasons, in their order
};

/// Sends records to a node.
class task_sender {
public:
  /// Records of a `source` are taken once; empty for records that may come from anywhere.
  task_sender(const client& node, std::string source) : node_{node}, source_{std::move(source)} {
  }

  /// Most lines of a batch: with names of the greatest length, every character escaped, it stays below 8 MiB.
  static constexpr size_t max_lines = 2'000;
  /// Most bytes of a batch whose lines somebody else wrote.
  static constexpr size_t max_bytes = size_t{4} << 20;

  /// How far the source has been taken; 0 without a source.
  caf::expected<uint64_t> last_row() const;

  /// Sends a batch, which may be empty with a source alone. With one, it accounts for the rows behind `after` up to
  /// `through`, and fails with ec::conflict when the node's last row is not `after`. Waits while the node is
  /// overloaded.
  caf::expected<sent_tasks> send(const task_lines& lines, uint64_t after, uint64_t through) const;

private:
  const client& node_;
  std::string source_;
};

} // namespace hive::ctl
