#pragma once

#include "analysis/tool_sums.hpp"
#include "messages/tracker.capnp.h"
#include "tests/cluster/hived_process.hpp"

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <vector>

/// Task records under load: writers that repeat what was not acknowledged, and the audit of what became of it.
namespace hive::cluster {

/// A record to be, all of whose content follows from its writer and its number there.
struct task_draft {
  uint32_t writer = 0;
  uint64_t number = 0;

  std::string key() const;
  /// As one line of JSON.
  std::string json() const;
  /// The draft that a stored record comes from, nothing when the record is not what was sent.
  static std::optional<task_draft> of(wire::TaskRecord::Reader record);

private:
  uint64_t dice() const;
  std::string task_type() const;
  std::string tool() const;
  std::string model() const;
  uint64_t time_us() const;
  bool success() const;
};

/// Posts its records in order, some at a time, and the same again until they are acknowledged: so the acknowledged ones
/// are those with numbers below `acknowledged`, and those below `attempted` may be there.
class task_writer {
public:
  /// Requests hold up to `max_batch` records; `node` may be another process each time that `run` is called.
  task_writer(uint32_t id, uint64_t seed, uint32_t max_batch) : id_{id}, max_batch_{max_batch}, random_{seed} {
  }

  /// Writes until it is told to stop or the node does not answer. Waits and goes on where the node is busy.
  void run(const hived_process& node, const std::atomic<bool>& stop);

  /// One request, and a wait where the node is busy. False when the node does not answer.
  bool step(const hived_process& node);

  /// Sends what is not acknowledged yet until it is.
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
  /// Records that were there already when they were sent again.
  uint64_t duplicates() const {
    return duplicates_;
  }
  /// Requests refused because the node is busy.
  uint64_t refusals() const {
    return refusals_;
  }
  /// Answers that nobody expects.
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

/// What is stored, counted again from the records and held against what the writers know and the node's statistics say.
/// Failures are GoogleTest's.
class task_audit {
public:
  /// Reads the records that are newer than those read before.
  void read_new(const hived_process& node);

  /// Acknowledged records are there once, others at most once, and nothing else is.
  void expect_kept(const std::vector<task_writer>& writers) const;

  /// The node's summary and its delta are those of the records read.
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
  uint64_t newest_ = 0; ///< sequence
};

} // namespace hive::cluster
