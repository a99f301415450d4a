#pragma once

#include "gpu/evidence/run_fold.hpp"
#include "gpu/ledger/ledger.hpp"
#include "messages/events.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/msg.hpp"
#include "platform/identity/keys.hpp"
#include "platform/process_stamp.hpp"
#include "storage/lease_store.hpp"

#include <map>
#include <optional>
#include <string>

namespace hive {

/// What a lease's record has beside what the ledger knows.
struct lease_extras {
  std::string key; ///< the secret of the request
  bool duration_from_history = false;
  bool local = false; ///< held by an actor of this node
  std::optional<process_stamp> process;
};

/// What of a device is shown and the ledger does not need.
struct device_label {
  std::string name;
  int32_t minor_number = -1;
  std::string driver;
};
using device_labels = std::map<std::string, device_label>; ///< by uuid

/// Turns leases of one node's ledger into records and back.
class lease_records {
public:
  lease_records(std::string node, const key_pair& keys) : node_{std::move(node)}, keys_{keys} {
  }

  /// The token of a lease as its holder gets it: which node, start and grant, and a code that only this node can make
  /// (keyed BLAKE2b), so that nobody guesses one.
  std::string token_text(lease_id id, const gpu::lease_token& token) const;

  /// The same without the code: which grant it is, for everybody.
  std::string grant_name(const gpu::lease_token& token) const;

  /// The record with its secrets, token and key.
  msg<wire::Lease> describe(const gpu::lease& what, const gpu::ledger& ledger, const lease_extras& extras,
                            const device_labels& labels,
                            const std::optional<msg<wire::RunEvidence>>& evidence = {}) const;

  /// What the evidence of a lease says of the lease.
  gpu::leased_run describe_run(const gpu::lease& what, const gpu::ledger& ledger, const lease_extras& extras,
                               const device_labels& labels) const;

  /// The reverse, for the start of a node. ec::corrupt for a record that no ledger can have written.
  static caf::expected<gpu::events::restored> restore(wire::Lease::Reader record);
  static lease_extras extras_of(wire::Lease::Reader record);

private:
  std::string node_;
  const key_pair& keys_;
};

/// The request in the ledger's terms. `declared`: for one that states no longest duration.
gpu::lease_request to_ledger(wire::RequestLease::Reader asked, gpu::duration declared);

/// Whether the text is the record's token or key. Takes the same time for every text of a length.
bool proves(wire::Lease::Reader record, std::string_view secret);

/// Whether two secrets are the same, and not empty; in the same time for every text of a length.
bool is_same_secret(std::string_view given, std::string_view own);

/// A copy without token and key.
msg<wire::Lease> without_secrets(const msg<wire::Lease>& lease);

} // namespace hive
