#pragma once

#include "messages/ids.hpp"

#include <caf/error.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// The spawner's number for an actor that asks it to spawn: the session of an engine's connection, or the actor of a
/// node that serves engines over HTTP.
using asker_id = strong<struct asker_id_tag, uint64_t>;

/// An actor on this node that an engine has spawned.
struct spawn_entry {
  std::string id;     ///< nonce of its ticket
  std::string engine; ///< name of the engine
  asker_id asker;     ///< who asked for it
  bool stay = false;  ///< outlives the asker
};

/// Counts the spawned actors on this node against a quota per engine; all askers of an engine share its quota.
/// Pure.
class spawn_ledger {
public:
  /// At most `quota` actors per engine and `most` in total.
  spawn_ledger(size_t quota, size_t most) : quota_{quota}, most_{most} {
  }

  /// Adds an entry. ec::overloaded when the quota of the engine or the node is exhausted, ec::already_exists for an id
  /// in use. On failure nothing is added.
  caf::error add(spawn_entry entry);

  /// Removes an entry and returns it, if there is one.
  std::optional<spawn_entry> remove(const std::string& id);

  /// Ids of the actors that end with the asker. They count against the quota until removed.
  std::vector<std::string> ending_with(asker_id asker) const;

  const spawn_entry* find(const std::string& id) const;

  size_t size() const {
    return entries_.size();
  }

private:
  size_t quota_;
  size_t most_;
  std::map<std::string, spawn_entry> entries_;
  std::map<std::string, size_t> by_engine_;
};

} // namespace hive
