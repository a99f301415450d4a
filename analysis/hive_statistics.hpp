#pragma once

#include "analysis/tool_statistics.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// One node's statistics of one tool for one task type.
struct learned_tool {
  std::string task_type;
  std::string tool;
  tool_sums sums;
  bool told_as_measured = false; ///< its source lists only measured tools, see `tool_totals`
};

/// Bounds on other nodes' statistics. A learned tool takes about 500 bytes, so the defaults allow about 128 MiB.
struct hive_limits {
  size_t origins = max_summed_origins;
  size_t tools_per_origin = 4'096;
  size_t tools = 262'144; ///< over all origins
  size_t tools_per_task = 1'024;
  /// The same bound as for a node's own records, so that no single node can fill a task type alone.
  size_t tools_per_task_of_origin = tally_limits{}.tools_per_task;
};

/// Statistics of the other nodes, kept separately per node. A newer delta replaces the node's earlier one, so receiving
/// it twice or over several paths changes nothing. Maintains the hive's estimate over all nodes: a change costs as much
/// as the part that it replaces, and only the estimates of the tools in which the two differ are computed again.
class hive_tally {
public:
  explicit hive_tally(hive_limits limits = {});

  /// Replaces all statistics that `origin` has under `part`, or changes nothing. An origin has any number of parts: one
  /// for its whole delta, or one per slot. Refuses as invalid: names and sums that `tally` would refuse, and a tool
  /// listed twice for one task type, even in different parts. Refuses as full: too much data. An empty `learned`
  /// removes the part.
  std::optional<refusal> replace(std::string_view origin, std::vector<learned_tool> learned,
                                 std::string_view part = {});

  /// Whether there are statistics of `origin`.
  bool knows(std::string_view origin) const;

  /// Whether there are statistics of `origin` under `part`.
  bool knows(std::string_view origin, std::string_view part) const;

  /// Removes all statistics of `origin`.
  void remove(std::string_view origin);

  /// Removes all statistics under `part`, whatever their origin.
  void remove_part(std::string_view part);

  /// Removes the statistics of `origin` under `part`.
  void remove(std::string_view origin, std::string_view part);

  /// The hive's estimates for all tools of a task type (see `estimate`), unordered; `n` is the true number of records.
  /// Valid until the next change.
  std::span<const tool_totals> tools(std::string_view task_type) const;

  /// The estimates for all task types, ordered by task type and tool.
  std::vector<learned_tool> all_tools() const;

  size_t origins() const {
    return by_origin_.size();
  }

private:
  /// One tool for one task type: the sums of each node.
  struct tool_shares {
    std::vector<std::string_view> origins; ///< keys of `by_origin_`
    std::vector<tool_sums> sums;           ///< of the same nodes, in the same order
    size_t as_measured = 0;                ///< number of nodes that listed it as measured
  };

  struct task_shares {
    std::vector<tool_totals> totals; ///< the estimates
    std::vector<tool_shares> shares; ///< of the same tools, in the same order
  };

  using tool_list = std::vector<learned_tool>;

  /// What one node said.
  struct origin {
    std::map<std::string, tool_list, std::less<>> parts;
    std::map<std::string, size_t, std::less<>> by_task; ///< number of tools, over all parts
    size_t tools = 0;
  };
  using origin_map = std::map<std::string, origin, std::less<>>;

  /// How a new list of a part differs from the earlier one. Points into both.
  struct difference {
    std::vector<const learned_tool*> removed;
    std::vector<const learned_tool*> added;
    std::vector<std::pair<const learned_tool*, const learned_tool*>> changed; ///< earlier and new figures
  };

  /// The part's tools; none when there is no such part.
  const tool_list& tools_of(std::string_view origin, std::string_view part) const;
  std::optional<refusal> check_room(std::string_view origin, const tool_list& before, const tool_list& learned) const;
  /// Carries out the difference, or changes nothing.
  std::optional<refusal> apply(const difference& change, origin_map::iterator to);
  std::optional<refusal> add(std::string_view origin, const learned_tool& more);
  void subtract(std::string_view origin, const learned_tool& less);
  void update(std::string_view origin, const learned_tool& earlier, const learned_tool& later);
  static void count(origin& to, const learned_tool& tool, bool is_added);
  static difference compare(const tool_list& before, const std::vector<const learned_tool*>& learned);
  /// Computes the estimate of a tool anew.
  static void refresh(task_shares& task, size_t place);

  hive_limits limits_;
  size_t kept_ = 0; ///< number of learned tools over all origins
  origin_map by_origin_;
  std::map<std::string, task_shares, std::less<>> by_task_;
};

} // namespace hive::analysis
