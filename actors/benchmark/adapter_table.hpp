#pragma once

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/benchmark/capture.hpp"
#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/snapshot.capnp.h"
#include "platform/restart_intensity.hpp"

#include <caf/local_actor.hpp>
#include <map>
#include <string>
#include <vector>

namespace hive {

/// A node's adapters by name, built-in and registered, each with its actor or the reason why it has none. Part of its
/// owning actor, which monitors the adapters. Adapters that end unexpectedly or hang are replaced, within the restart
/// limits.
class adapter_table {
public:
  struct entry {
    adapter_definition definition;
    adapter_actor handle;
    restart_intensity budget{defaults::max_restarts, defaults::restart_window};
    std::string unavailable;
  };

  explicit adapter_table(caf::local_actor& owner) : owner_{owner} {
  }
  adapter_table(const adapter_table&) = delete;
  adapter_table& operator=(const adapter_table&) = delete;
  /// Ends all adapters.
  ~adapter_table();

  /// The adapter of this name, or null.
  const entry* find(const std::string& name) const;

  size_t size() const {
    return adapters_.size();
  }

  /// Adds an adapter under an unused name, and spawns it unless this node lacks what it needs.
  const entry& add(adapter_definition definition);

  /// Drops the reference to an adapter that is being replaced, if it exists. A running capture keeps the adapter alive
  /// until it has measured.
  void release(const std::string& name);

  /// Ends and removes an adapter, if it exists.
  void end(const std::string& name);

  /// Replaces the adapter that ended unexpectedly.
  void on_down(const caf::down_msg& down);

  /// Replaces the adapters that hung in a capture. `asked` holds the actors that the capture used, since an adapter of
  /// that name may have been replaced in the meantime.
  void replace_hung(const std::vector<std::string>& hung, const std::map<std::string, adapter_actor>& asked);

  /// The adapters for a capture of the tier.
  std::vector<capture_member> members_of(wire::Tier tier) const;

  static msg<wire::BenchmarkInfo> describe(const entry& entry);
  msg<wire::BenchmarkList> describe_all() const;

private:
  void spawn(entry& entry);
  void respawn(entry& entry);

  caf::local_actor& owner_;
  std::map<std::string, entry> adapters_;
};

} // namespace hive
