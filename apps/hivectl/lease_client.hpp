#pragma once

#include "apps/hivectl/context.hpp"
#include "messages/gpu.capnp.h"

#include <stop_token>

namespace hive::ctl {

/// How long a node may be away, for example for its restart, before a command gives up.
inline constexpr std::chrono::seconds patience_with_leases{60};

/// The path of one lease, or of `what` below it.
std::string lease_path(const std::string& id, const std::string& what = {});

/// Sends the request once. The answer is a lease that is active or queued.
caf::expected<msg<wire::Lease>> request_lease(const client& node, const msg<wire::RequestLease>& request,
                                              std::stop_token stop = {});

/// Takes a lease, and waits while others come first; standard error tells what it waits for. The request has a key. A
/// request to stop withdraws the lease; then the error means nothing.
caf::expected<msg<wire::Lease>> take_lease(session& s, const msg<wire::RequestLease>& request, std::stop_token stop);

struct lease_renewal {
  std::string id;
  std::string token;
  bool ready = false;
  uint32_t pid = 0; ///< 0: none
};

caf::expected<msg<wire::Lease>> renew_lease(const client& node, const lease_renewal& renewal,
                                            std::stop_token stop = {});

struct lease_release {
  std::string id;
  std::string token{};  ///< or the key of a request that waits; empty: an operator's revocation
  std::string reason{}; ///< of an operator
  bool now = false;     ///< kills without asking
};

caf::expected<msg<wire::Lease>> release_lease(const client& node, const lease_release& release,
                                              std::stop_token stop = {});

/// Waits for this time, or until the stop is requested.
void pause_until(std::chrono::milliseconds time, const std::stop_token& stop);

/// Why a lease is not active, in a sentence that names it.
std::string describe_loss(wire::Lease::Reader lease);

} // namespace hive::ctl
