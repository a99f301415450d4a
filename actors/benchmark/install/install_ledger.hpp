#pragma once

#include "messages/ids.hpp"
#include "messages/install.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace hive {

/// Which benchmarks are installed and being installed, and whose turn it is. Pure: the time is passed in.
class install_ledger {
public:
  struct entry {
    wire::InstallState state = wire::InstallState::WAITING;
    std::string progress;
    std::string error;
    std::string url; ///< of the newest install
    int64_t started_at = 0;
    std::optional<msg<wire::InstalledBenchmark>> installed; ///< what captures measure
    std::optional<msg<wire::InstallBenchmark>> wanted;      ///< the install that waits or runs
  };

  /// Of this node, which descriptions name.
  explicit install_ledger(node_id own_id = {}) : own_id_{std::move(own_id)} {
  }

  /// Adds what is stored.
  void restore(const msg<wire::InstalledBenchmark>& installed);

  /// Queues an install. ec::busy while one of this name waits or runs, ec::overloaded when too many wait.
  caf::error accept(const msg<wire::InstallBenchmark>& request, int64_t now);

  /// The next install, if none runs; it then counts as running.
  std::optional<msg<wire::InstallBenchmark>> start_next();

  /// The running install has reached a step.
  void enter(const std::string& name, wire::InstallState step, std::string progress);

  void finish(const std::string& name, const msg<wire::InstalledBenchmark>& installed);
  /// What was installed before stays. Failures without are kept up to a bound.
  void fail(const std::string& name, const std::string& why);

  /// Forgets a benchmark that was removed.
  void remove(const std::string& name);

  const entry* find(const std::string& name) const;
  caf::expected<msg<wire::Install>> describe(const std::string& name) const;
  msg<wire::InstallList> describe_all() const;
  const std::map<std::string, entry>& entries() const {
    return entries_;
  }

private:
  void forget_oldest_failure();

  node_id own_id_;
  std::map<std::string, entry> entries_;
  std::deque<std::string> waiting_;
  std::string running_; ///< empty: none
};

} // namespace hive
