#pragma once

#include "analysis/tool_sums.hpp"

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hive::analysis {

/// Longest name of a task type, tool or model, in bytes.
inline constexpr size_t max_name_bytes = 128;

/// Records needed before a tool counts as measured (source system: MIN_SAMPLES).
inline constexpr uint64_t min_records = 5;

/// One coding task that ended. The names need to live during the call only.
struct task_outcome {
  std::string_view task_type;
  std::string_view tool;
  std::string_view model; ///< empty: not told
  uint64_t time_us = 0;   ///< at most `max_task_time_us`
  bool success = false;
};

/// The statistics of one tool with one model at one task type: what is stored, and the grain of a recount.
struct tool_cell {
  std::string_view task_type;
  std::string_view tool;
  std::string_view model;
  tool_sums sums;
  recent_outcomes recent;
};

/// One tool at one task type, over all models.
struct tool_totals {
  std::string tool;
  tool_sums sums;
  recent_outcomes recent; ///< empty for what other nodes measured: windows do not travel
};

/// One task type.
struct task_totals {
  std::string_view task_type;
  uint64_t records = 0;           ///< number of the newest record; the first has 1
  std::vector<tool_totals> tools; ///< in the order of their first records
};

/// How much a tally keeps. A cell takes about 500 bytes, so the defaults come to some 50 MiB.
struct tally_limits {
  size_t task_types = 10'000;
  size_t tools_per_task = 128; ///< a question looks at all of them, so that best_tool stays under 5 µs
  size_t cells = 100'000;
};

/// The statistics of all records of one node. What is asked often is summed up beforehand, so that a question costs
/// time by the number of tools, never by the number of records. Memory is bounded by the limits.
class tally {
public:
  explicit tally(tally_limits limits = {});
  tally(tally&&) = default;
  tally& operator=(tally&&) = default;

  /// Either the cell that changed, for the caller to store, or why nothing did.
  struct added {
    const tool_cell* cell = nullptr;
    std::optional<refusal> refused;
  };

  /// Counts one record. Refuses empty (but for the model) and over-long names and impossible times as invalid; a new
  /// task type, tool or model beyond the limits, and a tool whose sums are full, as full.
  added add(const task_outcome& outcome);

  /// Takes in a cell as it was stored, on start; each cell once, in any order. Refuses like `add`.
  std::optional<refusal> restore(const tool_cell& stored);

  /// One task type, or null without records. Valid until the next change.
  const task_totals* find(std::string_view task_type) const;

  /// All cells and task types in the order of their first records. Their addresses are stable.
  const std::deque<tool_cell>& cells() const {
    return cells_;
  }
  const std::deque<task_totals>& tasks() const {
    return tasks_;
  }

private:
  struct text_hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  /// Names are kept once and compared by number.
  using name_numbers = std::unordered_map<std::string, uint32_t, text_hash, std::equal_to<>>;

  struct cell_key {
    uint32_t task_type;
    uint32_t tool;
    uint32_t model;
    bool operator==(const cell_key&) const = default;
  };
  struct cell_key_hash {
    size_t operator()(const cell_key& key) const;
  };

  /// Where a record goes: its cell, its task type and the tool's place there.
  struct slot {
    tool_cell* cell = nullptr;
    task_totals* task = nullptr;
    size_t tool = 0;
  };

  slot* find_slot(const tool_cell& names);
  /// Makes the cell that `more` is to be counted in.
  std::optional<refusal> make_slot(const tool_cell& more, slot*& out);
  /// `task` is null for a new task type; `tool` is one past its tools for a new tool.
  std::optional<refusal> check_room(const tool_cell& more, const task_totals* task, size_t tool) const;
  task_totals* find_task(std::string_view task_type);
  uint32_t intern(std::string_view name, std::string_view& kept);

  tally_limits limits_;
  name_numbers names_;
  std::deque<tool_cell> cells_;
  std::deque<task_totals> tasks_;
  std::unordered_map<std::string_view, task_totals*> by_task_;
  std::unordered_map<cell_key, slot, cell_key_hash> slots_;
};

} // namespace hive::analysis
