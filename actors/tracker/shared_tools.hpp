#pragma once

#include "analysis/hive_statistics.hpp"

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace hive {

/// The slots in which a node tells others of its tools, by key: of its tools with the most records as many as others
/// keep, spread over slots by `tool_bucket_of`. Kept up to date by what changes: a change costs the logarithm of the
/// number of tools, and only slots in which something changed are packed again. They contain no names of users or
/// models.
class shared_tools {
public:
  /// The tools of a task type as they are now; valid until the next change.
  using tools_of = std::function<std::span<const analysis::tool_totals>(std::string_view task_type)>;

  explicit shared_tools(tools_of now, size_t most = analysis::hive_limits{}.tools_per_origin);

  /// Call it after the tools of this task type have changed, or are gone.
  void update(const std::string& task_type);

  /// All slots that are not empty. Packs those that changed.
  const std::map<std::string, std::string>& slots();

private:
  using tool_name = std::pair<std::string, std::string>; ///< task type and tool

  struct by_name {
    bool operator()(const tool_name* a, const tool_name* b) const {
      return *a < *b;
    }
  };

  struct bucket {
    std::map<tool_name, uint64_t> records; ///< of each tool, also of those that are left out
    std::set<const tool_name*, by_name> told;
    bool is_changed = false;
  };

  /// The order in which tools are told: more records first, then by name.
  struct rank {
    uint64_t records;
    const tool_name* name;
    bucket* in;

    bool operator<(const rank& other) const {
      return records != other.records ? records > other.records : *name < *other.name;
    }
  };

  void put(bucket& in, tool_name name, uint64_t records);
  void drop_gone(bucket& in, const std::string& task_type, std::span<const analysis::tool_totals> now);
  void insert(const rank& what);
  void erase(const rank& what);
  void tell(const rank& what);
  void leave_out(const rank& what);
  /// Tells as many tools as there is room for.
  void balance();
  void pack(const std::string& key, const bucket& what);

  tools_of now_;
  size_t most_;
  std::map<std::string, bucket> buckets_;
  std::set<rank> told_; ///< at most `most_`; all of them come before those that are left out
  std::set<rank> left_out_;
  std::map<std::string, std::string> slots_;
};

} // namespace hive
