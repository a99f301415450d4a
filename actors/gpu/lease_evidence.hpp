#pragma once

#include "gpu/evidence/run_fold.hpp"
#include "gpu/ledger/ledger.hpp"

#include <functional>
#include <map>
#include <optional>

namespace hive {

/// How the leases of a node were used: what the polls of the probe and the ledger say while they are.
class lease_evidence {
public:
  using describe_run = std::function<gpu::leased_run(const gpu::lease&)>;

  /// A poll. Polls come in order.
  void observe(gpu::device_poll poll);

  /// Looks which leases are in use now, and which of them share a device. To be called after each event of the ledger.
  void follow(const gpu::ledger& ledger, const describe_run& describe);

  /// The evidence of a lease until now, or until it was given back. Nothing before it is in use, and for leases that
  /// ended long ago, whose records have it.
  std::optional<msg<wire::RunEvidence>> find(lease_id id, gpu::instant now) const;

private:
  void finish(lease_id id, const gpu::run_fold& fold, gpu::instant now);
  void find_co_tenants(const gpu::ledger& ledger);

  std::map<lease_id, gpu::run_fold> running_;
  std::map<lease_id, msg<wire::RunEvidence>> finished_; ///< while the ledger may remember them
  std::optional<gpu::device_poll> latest_;
};

} // namespace hive
