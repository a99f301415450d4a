#pragma once

#include "apps/hivectl/client.hpp"
#include "messages/tracker.capnp.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hive::ctl {

/// Records to send as NDJSON, with each line's number in its source.
struct task_lines {
  std::string ndjson;
  std::vector<uint64_t> numbers;

  void add(std::string_view line, uint64_t number);
  bool empty() const {
    return numbers.empty();
  }
};

/// Result of sending one batch.
struct sent_tasks {
  uint64_t recorded = 0;
  uint64_t duplicates = 0;
  std::vector<std::pair<uint64_t, std::string>> rejected; ///< line numbers with reasons, in order
};

/// Sends records to a node.
class task_sender {
public:
  /// The node takes each row of a named `source` once. Leave it empty for records without a source.
  task_sender(const client& node, std::string source) : node_{node}, source_{std::move(source)} {
  }

  /// Maximum number of lines in a batch: even with names of maximum length and every character escaped, it stays below
  /// 8 MiB.
  static constexpr size_t max_lines = 2'000;
  /// Size limit, in bytes, of a batch of lines that hivectl did not write itself.
  static constexpr size_t max_bytes = size_t{4} << 20;

  /// Last row of the source that the node has taken; 0 without a source.
  caf::expected<uint64_t> last_row() const;

  /// Sends a batch, which may be empty only with a source. With a source, the batch accounts for the rows in (after,
  /// through]; ec::conflict when the node's last row is not `after`. Waits while the node is overloaded.
  caf::expected<sent_tasks> send(const task_lines& lines, uint64_t after, uint64_t through) const;

private:
  const client& node_;
  std::string source_;
};

} // namespace hive::ctl
