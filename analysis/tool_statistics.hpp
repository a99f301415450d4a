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
  /// Whether a delta names it, which tells of measured tools alone: so however few records it gives, it counts as one.
  bool told_as_measured = false;
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
///
/// What is new always finds room. The least used task types give way to a new one, the least used tools of a task type
/// to a new tool there: they are forgotten, and their records are `unlisted` from then on. Where there are too many
/// cells, those of the least used models of one tool become one without model, which loses nothing of the tool's sums.
/// "Least used" is greedy-dual by frequency (Cherkasova, "Improving WWW proxies performance with greedy-dual-size-
/// frequency caching policy", 1998): a use gives a priority of the number of records so far plus a clock, which is the
/// highest priority that has given way yet. So newcomers cannot push out what is used much, and what was used much long
/// ago does not stay for ever.
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

  /// Counts one record. Refuses empty (but for the model) and over-long names and impossible times as invalid; a tool
  /// whose sums are full as full.
  added add(const task_outcome& outcome);

  /// A cell that is no more. `was` is where it stood, which another one may have taken since.
  struct removed_cell {
    const tool_cell* was = nullptr;
    std::string task_type;
    std::string tool;
    std::string model;
  };

  /// What else an `add` has changed to make room, in this order.
  struct room_made {
    std::vector<removed_cell> removed;
    std::vector<const tool_cell*> changed; ///< took in others' sums
  };

  /// Hands over what has changed so since the last call, for the caller to store; mostly nothing.
  std::optional<room_made> take_room_made() {
    return std::exchange(room_made_, std::nullopt);
  }

  /// Takes in a cell as it was stored, on start; each cell once, in any order. Refuses what cannot be as invalid and
  /// what goes beyond the limits as full: no tally has stored so much.
  std::optional<refusal> restore(const tool_cell& stored);
  /// The same for `unlisted`.
  void restore_unlisted(uint64_t records) {
    unlisted_ = records;
  }

  /// One task type, or null without records. Valid until the next change.
  const task_totals* find(std::string_view task_type) const;

  /// All cells and task types in the order of their first records. Their addresses are stable while they are there.
  const std::list<tool_cell>& cells() const {
    return cells_;
  }
  const std::list<task_totals>& tasks() const {
    return tasks_;
  }

  /// Records whose statistics gave way: counted here alone.
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

  /// Names are kept once and compared by number.
  struct name_entry {
    uint32_t number = 0;
    size_t uses = 0; ///< in cells
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

  /// Where a record goes: its cell, its task type and the tool's place there.
  struct slot {
    std::list<tool_cell>::iterator cell;
    task_entry* task = nullptr;
    size_t tool = 0;
    cell_key key = {};
  };

  struct tool_entry {
    std::vector<slot*> slots; ///< of its models
    uint64_t priority = 0;
  };

  struct task_entry {
    std::list<task_totals>::iterator totals;
    std::vector<tool_entry> tools; ///< in the order of the totals
    uint64_t priority = 0;
    uint64_t tool_clock = 0;
  };

  slot* find_slot(const tool_cell& names);
  task_entry* find_task(std::string_view task_type);
  /// Makes the cell that `names` is to be counted in. There must be room, and names that are good.
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
  std::vector<uint32_t> free_numbers_; ///< of names that are no more
  std::list<tool_cell> cells_;
  std::list<task_totals> tasks_;
  std::unordered_map<std::string_view, task_entry> by_task_;
  std::unordered_map<cell_key, slot, cell_key_hash> slots_;
  uint64_t task_clock_ = 0;
  uint64_t unlisted_ = 0;
  std::optional<room_made> room_made_;
};

} // namespace hive::analysis
