#pragma once

#include "messages/benchmark.capnp.h"
#include "storage/database.hpp"

#include <functional>

namespace hive {

/// Adapters that were registered at run time: commands, and those that workers run. A name is used once.
class adapter_store {
public:
  explicit adapter_store(const database& db) : db_{db} {
  }

  /// Visits all, in byte order of their names within each kind. ec::corrupt for a record that cannot be read.
  caf::error visit(const std::function<void(const msg<wire::CommandSpec>&)>& command,
                   const std::function<void(const msg<wire::WorkerAdapter>&)>& worker) const;

  static void keep(const msg<wire::CommandSpec>& spec, write_set& writes);
  static void keep(const msg<wire::WorkerAdapter>& spec, write_set& writes);

  /// Erases the adapter of this name, of either kind.
  static void erase(std::string_view name, write_set& writes);

private:
  const database& db_;
};

} // namespace hive
