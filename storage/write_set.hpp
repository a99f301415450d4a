#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// The kinds of records, each in its own RocksDB column family. The order is not stored; the names are.
enum class column : uint8_t {
  meta,       ///< schema version, node identity, epoch
  snapshots,  ///< captures of the software
  series,     ///< history of every metric
  baselines,  ///< snapshots of agents
  inputs,     ///< data that engines send and operators register: models, world model, adapters, recipes, spans
  tasks,      ///< coding task records
  tool_stats, ///< the tracker's statistics
  hive,       ///< peers' slots
  votes,      ///< ballots of cluster upgrades
  leases,     ///< VRAM leases
  audit,      ///< who did what of role operate
};

inline constexpr size_t column_count = static_cast<size_t>(column::audit) + 1;

/// The column family's name on disk.
std::string_view name_of(column where);

/// The stored form of a counter, and of what is added to it: 8 bytes, little-endian.
std::string counter_value(int64_t count);
/// The reverse. Nothing when `bytes` has another length.
std::optional<int64_t> counter_of(std::string_view bytes);

/// Writes that are applied in order and become durable together or not at all. Value type; moved to the committer.
class write_set {
public:
  enum class action : uint8_t { put, erase, erase_range, add };

  struct write {
    column where;
    action what;
    std::string key;
    std::string value; ///< for erase_range: the exclusive end of the range; for add: see counter_value
  };

  void put(column where, std::string key, std::string_view value) {
    add({where, action::put, std::move(key), std::string{value}});
  }

  void erase(column where, std::string key) {
    add({where, action::erase, std::move(key), {}});
  }

  /// Erases the keys in [from, to). The cost does not depend on the number of keys.
  void erase_range(column where, std::string from, std::string to) {
    add({where, action::erase_range, std::move(from), std::move(to)});
  }

  /// Adds to a counter in column meta, which need not exist. Unlike a put of the sum, additions of several writers
  /// never overwrite each other.
  void add_to_counter(std::string key, int64_t more) {
    add({column::meta, action::add, std::move(key), counter_value(more)});
  }

  /// Appends all writes of `more`.
  void append(write_set more) {
    bytes_ += more.bytes_;
    std::ranges::move(more.writes_, std::back_inserter(writes_));
  }

  const std::vector<write>& writes() const {
    return writes_;
  }

  bool empty() const {
    return writes_.empty();
  }

  /// Total bytes of keys and values; used to bound pending writes.
  size_t bytes() const {
    return bytes_;
  }

private:
  void add(write more) {
    bytes_ += more.key.size() + more.value.size();
    writes_.push_back(std::move(more));
  }

  std::vector<write> writes_;
  size_t bytes_ = 0;
};

} // namespace hive
