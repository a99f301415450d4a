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
};

/// How much is kept of what other nodes say. A learned tool takes about 500 bytes, so the defaults come to some 128
/// MiB.
struct hive_limits {
  size_t origins = max_summed_origins;
  size_t tools_per_origin = 4'096;
  size_t tools = 262'144; ///< over all origins
  size_t tools_per_task = 1'024;
};

/// What the other nodes measured, each node's word kept apart: its newer delta replaces its earlier one, so hearing a
/// delta twice or over two ways changes nothing. The sums over all origins are kept up to date beside it.
class hive_tally {
public:
  explicit hive_tally(hive_limits limits = {});

  /// Replaces all that `origin` said before. All or nothing: refuses names and sums that `tally` would refuse and a
  /// tool given twice as invalid, too much as full, and then keeps the earlier delta.
  std::optional<refusal> replace(std::string_view origin, std::vector<learned_tool> learned);

  /// Drops all that `origin` said.
  void remove(std::string_view origin);

  /// The sums over all origins for one task type, in no particular order; `n` is the true number of records. Valid
  /// until the next change.
  std::span<const tool_totals> tools(std::string_view task_type) const;

  /// The same for every task type, by task type and tool.
  std::vector<learned_tool> all_tools() const;

  size_t origins() const {
    return by_origin_.size();
  }

private:
  std::optional<refusal> check(std::string_view origin, const std::vector<learned_tool>& learned) const;
  /// Adds as many as there is room for and returns how many.
  size_t add(std::span<const learned_tool> learned);
  void subtract(std::span<const learned_tool> learned);

  hive_limits limits_;
  size_t kept_ = 0; ///< learned tools over all origins
  std::map<std::string, std::vector<learned_tool>, std::less<>> by_origin_;
  std::map<std::string, std::vector<tool_totals>, std::less<>> by_task_;
};

} // namespace hive::analysis
