#pragma once

// The scheduler: leases of GPU memory.

#include "actors/slot_topic.hpp"
#include "messages/gpu.capnp.h"
#include "messages/msg.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <string>

namespace hive {

/// Tells the actor that holds a lease to give it back within the grace, or it is ended by force.
struct lease_revoked {
  std::string id;
  std::string reason;
};

/// An actor that can hold leases. When it ends, its leases end too.
using lease_holder_actor = caf::typed_actor<caf::reacts_to<lease_revoked>>;

/// Asks for a lease that an actor of this node holds. Its own name for it is the request's holder.
struct hold_lease {
  msg<wire::RequestLease> request;
  lease_holder_actor holder;
};

/// The only one that grants leases on the GPUs of its node (gpu/ledger has the rules).
using gpu_scheduler_actor = caf::typed_actor<
  // The devices, with what is free, leased and used.
  caf::replies_to<msg<wire::GpuQuery>>::with<msg<wire::GpuList>>,
  // Answers with a lease that is active, once it is durable; or with one that is queued, when the request does not wait
  // or has waited for 30 seconds. A queued one ends unless it is asked for (LeaseQuery) every minute. ec::unsupported
  // when no device can ever satisfy it, ec::overloaded when too many wait, ec::conflict when its key belongs to a
  // request for something else.
  caf::replies_to<msg<wire::RequestLease>>::with<msg<wire::Lease>>,
  // The same for an actor of this node: answers when the lease is active, however long that takes, or has ended; when
  // the request does not wait, with one that is queued.
  caf::replies_to<hold_lease>::with<msg<wire::Lease>>,
  // A lease or request, without its token unless the question has the token or, while it waits, the key. ec::not_found.
  caf::replies_to<msg<wire::LeaseQuery>>::with<msg<wire::Lease>>,
  // Those that have not ended.
  caf::replies_to<msg<wire::LeaseListQuery>>::with<msg<wire::LeaseList>>,
  // Those that have ended.
  caf::replies_to<msg<wire::LeaseHistoryQuery>>::with<msg<wire::LeaseHistory>>,
  // What a request waits for. ec::not_found.
  caf::replies_to<msg<wire::ExplainLease>>::with<msg<wire::LeaseExplanation>>,
  // Extends an active lease. ec::forbidden for another token, ec::conflict when it is no longer active, ec::not_found.
  caf::replies_to<msg<wire::RenewLease>>::with<msg<wire::Lease>>,
  // Gives a lease back, or withdraws a request; answers once that is durable. With the token or key, else it is
  // revoked. ec::forbidden for another token, ec::conflict when it has ended, ec::not_found.
  caf::replies_to<msg<wire::ReleaseLease>>::with<msg<wire::Lease>>,
  // Ends a device's quarantine. ec::not_found; ec::conflict when it is not in quarantine.
  caf::replies_to<msg<wire::ClearQuarantine>>::with<msg<wire::GpuInfo>>,
  // Starts telling the other nodes what is free.
  caf::reacts_to<sharing_started>>;

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::lease_revoked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::hold_lease)
