#pragma once

#include "actors/benchmark/adapter_table.hpp"
#include "messages/benchmark.capnp.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace hive {

/// Decides who may have which name: that of an adapter, or of one that is being registered. Part of the registry.
class adapter_names {
public:
  explicit adapter_names(const adapter_table& adapters) : adapters_{adapters} {
  }

  void reserve(const std::string& name) {
    reserved_.insert(name);
  }
  void release(const std::string& name) {
    reserved_.erase(name);
  }

  /// Why a command cannot be registered under this name; none when it can.
  caf::error why_taken(const std::string& name, bool replaces) const;

  /// Why an adapter cannot be added for its owner; none when it can.
  caf::error why_not_offered(const adapter_definition& offered) const;

  /// The adapters of a worker that are new or defined anew, or why it cannot have one of its adapters.
  caf::error find_changed(wire::RegisterWorker::Reader request,
                          const std::function<adapter_definition(const msg<wire::WorkerAdapter>&)>& define,
                          std::vector<msg<wire::WorkerAdapter>>& changed) const;

private:
  caf::error check_room(size_t added) const;

  const adapter_table& adapters_;
  std::set<std::string> reserved_;
};

} // namespace hive
