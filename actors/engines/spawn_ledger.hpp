#pragma once

#include "messages/ids.hpp"

#include <caf/error.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// Something that lives on this node because an engine spawned it.
struct spawn_entry {
  std::string id;           ///< of the ticket that it was spawned with
  std::string engine;       ///< name of the engine
  connection_id connection; ///< over which it was spawned
  bool stay = false;        ///< does not end with the connection
};

/// What engines have on this node, within each one's quota, which counts over all of its connections. Pure.
class spawn_ledger {
public:
  /// At most `quota` for one engine and `most` for all.
  spawn_ledger(size_t quota, size_t most) : quota_{quota}, most_{most} {
  }

  /// Counts it from now on. ec::overloaded when the engine's quota or the node is full, ec::already_exists for an id
  /// that lives; then it does not count.
  caf::error add(spawn_entry entry);

  /// It is gone: the entry that counted, if any did.
  std::optional<spawn_entry> remove(const std::string& id);

  /// Ids of what must end now that the connection is lost. They count until they are removed.
  std::vector<std::string> ending_with(connection_id connection) const;

  /// The entry, or null.
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
