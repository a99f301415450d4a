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

/// The adapters of a node by name, built in and registered, each with its actor or with why it has none. Part of the
/// actor that owns it, which monitors the adapters: one that ends unasked or hangs is replaced, within limits.
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

  /// The adapter of this name; null when there is none.
  const entry* find(const std::string& name) const;

  size_t size() const {
    return adapters_.size();
  }

  /// Adds an adapter whose name is free and spawns it, unless this node lacks what it needs.
  const entry& add(adapter_definition definition);

  /// Lets go of an adapter that is replaced, if there is one. A capture in work holds it until it has measured; then it
  /// ends, as any actor that nobody holds.
  void release(const std::string& name);

  /// Ends an adapter and removes it, if there is one.
  void end(const std::string& name);

  /// Replaces the adapter that ended unasked.
  void on_down(const caf::down_msg& down);

  /// Replaces the adapters that hung in a capture. `asked` are those that it asked: another one of the name may stand
  /// in their place by now.
  void replace_hung(const std::vector<std::string>& hung, const std::map<std::string, adapter_actor>& asked);

  /// The adapters that a capture of the tier asks.
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
