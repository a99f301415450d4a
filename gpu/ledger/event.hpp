#pragma once

#include "gpu/ledger/lease.hpp"
#include "messages/ec.hpp"

#include <string>
#include <variant>
#include <vector>

namespace hive::gpu {

/// What a holder's processes use on a device.
struct usage {
  lease_id lease;
  mib used = 0;
};

/// A device as it was seen.
struct sighting {
  std::string uuid = {};
  uint32_t island = 0; ///< all devices of a lease are of one island, such as those with NVLink between them
  wire::GpuAvailability state = wire::GpuAvailability::OK; ///< ok, unknown, lost or refused
  std::string reason = {};                                 ///< why it is not ok
  mib total = 0;
  mib reserved = 0;
  mib used = 0;                   ///< without `reserved`
  mib foreign = 0;                ///< part of `used`: processes that are known to have no lease
  std::vector<usage> leased = {}; ///< processes of leases that were seen on it, also with an unknown usage (0)
  bool simulated = false;         ///< nothing can be seen of it: it is what the ledger says
};

namespace events {

/// A new request.
struct requested {
  lease_request what;
};
/// The grant is on disk.
struct stored {
  lease_id id;
};
/// The grant could not be written.
struct not_stored {
  lease_id id;
  std::string reason;
};
/// Somebody asked for a waiting request.
struct polled {
  lease_id id;
};
/// Its holder lives.
struct renewed {
  lease_id id;
  lease_token token;
  bool ready = false;         ///< loading is over
  bool has_processes = false; ///< its processes have become known
};
/// Its holder gives it back, or withdraws the request.
struct released {
  lease_id id;
  lease_token token; ///< not read before it is active: nobody has it
};
/// An operator takes it away.
struct revoked {
  lease_id id;
  std::string reason;
  bool at_once = false; ///< without asking
};
/// Its holder, or who asked for it, is gone.
struct holder_ended {
  lease_id id;
};
/// None of its processes is left.
struct processes_ended {
  lease_id id;
};
/// Devices of the node, as they were seen at `taken_at` or later.
struct observed {
  std::vector<sighting> devices;
  instant taken_at{0};
  bool is_complete = true; ///< all of them: one that is missing is lost
};
/// An operator says that the device is free.
struct cleared {
  std::string uuid;
};
/// From the store, at the start of the node: not ended, with its devices by their uuids.
struct restored {
  lease what;
  std::vector<std::string> uuids;
};
/// Time has passed.
struct ticked {};

} // namespace events

using event = std::variant<events::requested, events::stored, events::not_stored, events::polled, events::renewed,
                           events::released, events::revoked, events::holder_ended, events::processes_ended,
                           events::observed, events::cleared, events::restored, events::ticked>;

/// What follows from an event, in order.
struct output {
  enum class kind : uint8_t {
    accepted, ///< the request is this one, also if it is a repeated one
    refused,  ///< the event was refused with `code` and `text`
    changed,  ///< the lease is to be stored and shown; a reserved one waits for `stored`
    ask,      ///< its holder is asked to give it back
    kill,     ///< its processes and its holder are to be ended
    device    ///< the device's state changed; `text` is its uuid
  };
  kind what = kind::changed;
  lease_id id;
  ec code = ec::none;
  std::string text;

  bool operator==(const output&) const = default;
};

} // namespace hive::gpu
