#pragma once

#include "apps/hivectl/context.hpp"
#include "apps/hivectl/duration_option.hpp"
#include "messages/gpu.capnp.h"

namespace hive::ctl {

/// What a command line says about a lease.
struct lease_options {
  double vram_gb = 0; ///< 0: not given
  uint32_t devices = 1;
  bool shared = false;
  bool exclusive = false;
  bool timed = false;
  int32_t priority = 0;
  double max_duration_s = 0; ///< 0: the node's choice
  double ttl_s = 30;
  std::string holder; ///< empty: the name of the token, or else of this user
};

/// Adds the options of a lease to a command.
void add_lease_options(CLI::App& command, lease_options& options);

/// The request for these options; `key` is the secret with which it is repeated. exit_status::usage for options that
/// exclude each other.
caf::expected<msg<wire::RequestLease>> request_of(const lease_options& options, const context& ctx,
                                                  const std::string& key);

/// A secret that names a request.
std::string random_key();

} // namespace hive::ctl
