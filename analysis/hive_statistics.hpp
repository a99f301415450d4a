#pragma once

#include "analysis/tool_statistics.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// What one node says of one tool at one task type.
struct learned_tool {
  std::string task_type;
  std::string tool;
  tool_sums sums;
  bool told_as_measured = false; ///< who says so tells of measured tools alone, see `tool_totals`
};

/// How much is kept of what other nodes say. A learned tool takes about 500 bytes, so the defaults come to some 128
/// MiB.
struct hive_limits {
  size_t origins = max_summed_origins;
  size_t tools_per_origin = 4'096;
  size_t tools = 262'144; ///< over all origins
  size_t tools_per_task = 1'024;
  /// As many as a node keeps of its own records, so that no node alone can fill a task type of all.
  size_t tools_per_task_of_origin = tally_limits{}.tools_per_task;
};

/// What the other nodes measured, each node's word kept apart: its newer word replaces its earlier one, so hearing it
/// twice or over two ways changes nothing. The hive's estimate over all nodes is kept up to date beside it.
class hive_tally {
public:
  explicit hive_tally(hive_limits limits = {});

  /// Replaces all that `origin` said before under `part`, of which it has any number: its whole delta, or each of its
  /// slots. All or nothing: refuses names and sums that `tally` would refuse and a tool given twice, also in two parts,
  /// as invalid, too much as full, and then keeps the earlier word. Nothing learned: drops the part.
  std::optional<refusal> replace(std::string_view origin, std::vector<learned_tool> learned,
                                 std::string_view part = {});

  /// Whether `origin` said anything.
  bool knows(std::string_view origin) const;

  /// Whether `origin` said anything under `part`.
  bool knows(std::string_view origin, std::string_view part) const;

  /// Drops all that `origin` said.
  void remove(std::string_view origin);

  /// Drops what any origin said under `part`.
  void remove_part(std::string_view part);

  /// Drops what `origin` said under `part`.
  void remove(std::string_view origin, std::string_view part);

  /// The hive's estimate of each tool of one task type, see `estimate`, in no particular order; `n` is the true number
  /// of records. Valid until the next change.
  std::span<const tool_totals> tools(std::string_view task_type) const;

  /// The same for every task type, by task type and tool.
  std::vector<learned_tool> all_tools() const;

  size_t origins() const {
    return by_origin_.size();
  }

private:
  /// One tool at one task type, as each node has it.
  struct tool_shares {
    std::vector<std::string_view> origins; ///< keys of `by_origin_`
    std::vector<tool_sums> sums;           ///< of the same nodes
    size_t as_measured = 0;                ///< how many of them told it as measured
  };

  struct task_shares {
    std::vector<tool_totals> totals; ///< what is asked for
    std::vector<tool_shares> shares; ///< of the same tools
  };

  using parts = std::map<std::string, std::vector<learned_tool>, std::less<>>;

  std::optional<refusal> check(std::string_view origin, std::string_view part,
                               const std::vector<learned_tool>& learned) const;
  std::optional<refusal> check_room(std::string_view origin, std::string_view part,
                                    const std::vector<learned_tool>& learned) const;
  std::optional<refusal> add(std::string_view origin, const learned_tool& more);
  /// Adds as many as can be; why not all of them.
  std::optional<refusal> add(std::string_view origin, std::span<const learned_tool> learned, size_t& added);
  void subtract(std::string_view origin, std::span<const learned_tool> learned);

  hive_limits limits_;
  size_t kept_ = 0; ///< learned tools over all origins
  std::map<std::string, parts, std::less<>> by_origin_;
  std::map<std::string, task_shares, std::less<>> by_task_;
};

} // namespace hive::analysis
