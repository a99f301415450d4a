#pragma once

#include "apps/hivectl/lease_keeper.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace hive::ctl::mcp {

/// The leases that this server took and renews until they are given back, handed over or lost. Used by several threads.
class held_leases {
public:
  /// `s` must outlive it.
  explicit held_leases(session& s) : s_{s} {
  }

  /// Renews an active lease from now on.
  void hold(const msg<wire::Lease>& lease);

  /// The token of a lease that is held, or was until it was lost.
  std::optional<std::string> token_of(const std::string& id) const;

  /// Why a lease that was held is lost; empty when it is not.
  std::string loss_of(const std::string& id) const;

  /// Renews the lease no longer. False for one that was not held.
  bool let_go(const std::string& id);

  /// Gives all leases back. Those that a node does not take within `patience` end by themselves.
  void release_all(std::chrono::milliseconds patience);

private:
  struct held {
    std::string token;
    std::string loss; ///< empty while it is held
    std::unique_ptr<lease_keeper> keeper;
  };

  void note_loss(const std::string& id, const std::string& reason);

  session& s_;
  mutable std::mutex mutex_;
  std::map<std::string, held> leases_;
};

} // namespace hive::ctl::mcp
