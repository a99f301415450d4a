#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// The kinds of records, each in its own RocksDB column family. The order is stored nowhere; names are.
enum class column : uint8_t {
  meta,       ///< schema version, node identity, epoch
  snapshots,  ///< captures of the software
  series,     ///< history of every metric
  baselines,  ///< snapshots of agents
  inputs,     ///< what engines push and operators register: models, world model, adapters, recipes, spans
  tasks,      ///< coding task records
  tool_stats, ///< the tracker's statistics
  hive,       ///< peers' slots
  votes,      ///< ballots of cluster upgrades
  leases,     ///< VRAM leases
};

inline constexpr size_t column_count = static_cast<size_t>(column::leases) + 1;

/// The column family's name on disk.
std::string_view name_of(column where);

/// Writes that become durable together or not at all. Value type; travels to the committer by move.
class write_set {
public:
  struct write {
    column where;
    std::string key;
    std::optional<std::string> value; ///< without value: erase the key
  };

  void put(column where, std::string key, std::string_view value) {
    bytes_ += key.size() + value.size();
    writes_.push_back({where, std::move(key), std::string{value}});
  }

  void erase(column where, std::string key) {
    bytes_ += key.size();
    writes_.push_back({where, std::move(key), std::nullopt});
  }

  const std::vector<write>& writes() const {
    return writes_;
  }

  /// Bytes of keys and values, for bounds on what waits to be written.
  size_t bytes() const {
    return bytes_;
  }

private:
  std::vector<write> writes_;
  size_t bytes_ = 0;
};

} // namespace hive
