#pragma once

#include "analysis/tool_sums.hpp"
#include "messages/tracker.capnp.h"
#include "tests/cluster/hived_process.hpp"

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <vector>

/// Task records under load: writers that repeat unacknowledged records, and an audit of what was stored.
namespace hive::cluster {

/// A record to be written. Its content follows from its writer and its number among that writer's records.
struct task_draft {
  uint32_t writer = 0;
  uint64_t number = 0;

  std::string key() const;
  /// The record as one line of JSON.
  std::string json() const;
  /// The draft behind a stored record; nothing when the record differs from what was sent.
  static std::optional<task_draft> of(wire::TaskRecord::Reader record);

private:
  uint64_t dice() const;
  std::string task_type() const;
  std::string tool() const;
  std::string model() const;
  uint64_t time_us() const;
  bool success() const;
};

/// Posts its records in order, in batches, and repeats each batch until it is acknowledged. So records with numbers
/// below `acknowledged` are acknowledged, and further ones below `attempted` may be stored.
class task_writer {
public:
  /// A request holds up to `max_batch` records.
  task_writer(uint32_t id, uint64_t seed, uint32_t max_batch) : id_{id}, max_batch_{max_batch}, random_{seed} {
  }

  /// Writes until it is told to stop or the node does not answer. While the node is busy, it waits and retries. The
  /// node's process may be another one in each call.
  void run(const hived_process& node, const std::atomic<bool>& stop);

  /// Sends one request, and waits if the node is busy. False when the node does not answer.
  bool step(const hived_process& node);

  /// Repeats unacknowledged records until they are acknowledged.
  void settle(const hived_process& node);

  uint32_t id() const {
    return id_;
  }
  uint64_t acknowledged() const {
    return acknowledged_;
  }
  uint64_t attempted() const {
    return attempted_;
  }
  /// Repeated records that were already stored.
  uint64_t duplicates() const {
    return duplicates_;
  }
  /// Requests refused because the node was busy.
  uint64_t refusals() const {
    return refusals_;
  }
  /// Unexpected answers.
  const std::vector<std::string>& surprises() const {
    return surprises_;
  }

private:
  enum class outcome { acknowledged, busy, unanswered };

  outcome send(const hived_process& node);
  reply post(const hived_process& node) const;
  void take(const reply& answer);

  uint32_t id_;
  uint32_t max_batch_;
  std::mt19937_64 random_;
  uint64_t acknowledged_ = 0;
  uint64_t attempted_ = 0;
  bool repeats_ = false; ///< whether the request was sent before without an answer
  uint64_t duplicates_ = 0;
  uint64_t refusals_ = 0;
  std::vector<std::string> surprises_;
};

/// Recounts the stored records, and compares them with what the writers know and with the node's statistics.
/// Differences are GoogleTest failures.
class task_audit {
public:
  /// Reads the records that are newer than those read before.
  void read_new(const hived_process& node);

  /// Checks that acknowledged records are stored exactly once, others at most once, and nothing else.
  void expect_kept(const std::vector<task_writer>& writers) const;

  /// Checks that the node's summary and delta match the records read.
  void expect_statistics(const hived_process& node) const;

  uint64_t records() const {
    return records_;
  }

private:
  using name_pair = std::pair<std::string, std::string>; ///< task type and tool

  void take(wire::TaskRecord::Reader record);
  void expect_summary(const msg<wire::ToolSummary>& summary) const;
  void expect_delta(const msg<wire::LearningDelta>& delta) const;

  std::map<uint32_t, std::vector<bool>> found_; ///< numbers by writer
  std::map<name_pair, analysis::tool_sums> sums_;
  uint64_t records_ = 0;
  uint64_t newest_ = 0; ///< sequence number of the newest record read
};

} // namespace hive::cluster
