#pragma once

#include "analysis/tool_sums.hpp"

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hive::analysis {

/// Size limit of task type, tool and model names, in bytes.
inline constexpr size_t max_name_bytes = 128;

/// Records needed before a tool counts as measured (HART OS: MIN_SAMPLES).
inline constexpr uint64_t min_records = 5;

/// One finished coding task. The names are only used during the call.
struct task_outcome {
  std::string_view task_type;
  std::string_view tool;
  std::string_view model; ///< empty when unknown
  uint64_t time_us = 0;   ///< at most `max_task_time_us`
  bool success = false;
};

/// Statistics of one tool with one model for one task type: the unit of storage.
struct tool_cell {
  std::string_view task_type;
  std::string_view tool;
  std::string_view model;
  tool_sums sums;
  recent_outcomes recent;
};

/// One tool for one task type, over all models.
struct tool_totals {
  std::string tool;
  tool_sums sums;
  recent_outcomes recent; ///< empty for other nodes' tools: windows are not shared
  /// Set for tools listed in a delta: deltas list measured tools only, so such a tool counts as measured however few
  /// records the delta gives.
  bool told_as_measured = false;
};

/// One task type.
struct task_totals {
  std::string_view task_type;
  uint64_t records = 0;           ///< number of the newest record; the first record has number 1
  std::vector<tool_totals> tools; ///< in the order of their first records
};

/// Bounds of a tally. A cell takes about 500 bytes, so the defaults allow about 50 MiB.
struct tally_limits {
  size_t task_types = 10'000;
  size_t tools_per_task = 128; ///< a query visits all of them; this limit keeps best_tool below 5 µs
  size_t cells = 100'000;
};

/// Statistics over all records of one node. Totals are maintained, so that a query's cost depends on the number of
/// tools, never on the number of records. Memory is bounded by the limits.
///
/// New names always find room. A new task type evicts the least used task types, a new tool the least used tools of its
/// task type; evicted records count as `unlisted`. When there are too many cells, those of a tool's least used models
/// are merged into one without model, which preserves the tool's sums. "Least used" is greedy-dual by frequency
/// (Cherkasova, "Improving WWW proxies performance with greedy-dual-size-frequency caching policy", 1998): each use
/// sets the priority to the number of its records so far plus a clock, which is the highest priority evicted so far. So
/// newcomers cannot evict what is used often, and what was used often long ago does not stay forever.
class tally {
public:
  explicit tally(tally_limits limits = {});
  tally(tally&&) = default;
  tally& operator=(tally&&) = default;

  /// The changed cell, for the caller to store, or the reason why nothing changed.
  struct added {
    const tool_cell* cell = nullptr;
    std::optional<refusal> refused;
  };

  /// Counts one record. Refuses as invalid: empty names (except the model), over-long names, impossible times. Refuses
  /// as full: a tool whose sums are at their limit.
  added add(const task_outcome& outcome);

  /// A removed cell. `was` is its former address, which a new cell may reuse.
  struct removed_cell {
    const tool_cell* was = nullptr;
    std::string task_type;
    std::string tool;
    std::string model;
  };

  /// Evictions and merges made by an `add`, in that order.
  struct room_made {
    std::vector<removed_cell> removed;
    std::vector<const tool_cell*> changed; ///< cells into which others were merged
  };

  /// Returns the evictions and merges since the last call, for the caller to store; usually none.
  std::optional<room_made> take_room_made() {
    return std::exchange(room_made_, std::nullopt);
  }

  /// Restores a stored cell on start-up; each cell once, in any order. Refuses impossible cells as invalid, and cells
  /// beyond the limits as full, since no tally can have stored so many.
  std::optional<refusal> restore(const tool_cell& stored);
  /// Restores `unlisted`.
  void restore_unlisted(uint64_t records) {
    unlisted_ = records;
  }

  /// The totals of one task type, or null when there are none. Valid until the next change.
  const task_totals* find(std::string_view task_type) const;

  /// All cells and task types, in the order of their first records. Addresses are stable while an element exists.
  const std::list<tool_cell>& cells() const {
    return cells_;
  }
  const std::list<task_totals>& tasks() const {
    return tasks_;
  }

  /// Records counted in no cell, because their statistics were evicted.
  uint64_t unlisted() const {
    return unlisted_;
  }

private:
  struct text_hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  /// Names are stored once and compared by number.
  struct name_entry {
    uint32_t number = 0;
    size_t uses = 0; ///< number of cells that use it
  };
  using name_table = std::unordered_map<std::string, name_entry, text_hash, std::equal_to<>>;

  struct cell_key {
    uint32_t task_type;
    uint32_t tool;
    uint32_t model;
    bool operator==(const cell_key&) const = default;
  };
  struct cell_key_hash {
    size_t operator()(const cell_key& key) const;
  };

  struct task_entry;

  /// The target of a record: its cell, its task type, and the tool's index there.
  struct slot {
    std::list<tool_cell>::iterator cell;
    task_entry* task = nullptr;
    size_t tool = 0;
    cell_key key = {};
  };

  struct tool_entry {
    std::vector<slot*> slots; ///< one per model
    uint64_t priority = 0;
  };

  struct task_entry {
    std::list<task_totals>::iterator totals;
    std::vector<tool_entry> tools; ///< parallel to the totals
    uint64_t priority = 0;
    uint64_t tool_clock = 0;
  };

  slot* find_slot(const tool_cell& names);
  task_entry* find_task(std::string_view task_type);
  /// Creates the cell in which `names` is counted. Requires room and valid names.
  slot& make_slot(const tool_cell& names);
  std::optional<refusal> check_room(const tool_cell& more) const;
  std::optional<refusal> make_room(const tool_cell& more);
  void drop_tasks(const task_entry* except);
  void drop_tools(task_entry& of);
  bool fold_models();
  void fold(tool_entry& tool, size_t count);
  void drop_task(task_entry& task);
  void drop_tool(task_entry& of, size_t place);
  void drop_slot(slot& gone);
  void use(slot& place);

  name_entry& intern(std::string_view name, std::string_view& kept);
  void release(std::string_view name);

  tally_limits limits_;
  name_table names_;
  std::vector<uint32_t> free_numbers_; ///< numbers of removed names
  std::list<tool_cell> cells_;
  std::list<task_totals> tasks_;
  std::unordered_map<std::string_view, task_entry> by_task_;
  std::unordered_map<cell_key, slot, cell_key_hash> slots_;
  uint64_t task_clock_ = 0;
  uint64_t unlisted_ = 0;
  std::optional<room_made> room_made_;
};

} // namespace hive::analysis
