#pragma once

// The audit: who operated the node.

#include "messages/fwd.hpp"

#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <cstdint>

namespace hive::wire {
struct AuditPage;
struct AuditQuery;
struct AuditRecord;
} // namespace hive::wire

namespace hive {

using act_refused = caf::atom_constant<caf::atom("act_refuse")>;

/// Keeps the records of the audit.
using audit_actor = caf::typed_actor<
  // Without a number: an operator's act is about to begin. Answers with the record's number when it is durable. The
  // errors of the committer: there is no record then, and the act must not begin.
  // With a number: that act has been answered; of the record, the fields about the answer are kept. Answers with the
  // number when they are durable.
  caf::replies_to<msg<wire::AuditRecord>>::with<uint64_t>,
  // Somebody was not allowed to operate the node. Counted, and recorded unless that happens too often.
  caf::reacts_to<act_refused, msg<wire::AuditRecord>>,
  // Newest first.
  caf::replies_to<msg<wire::AuditQuery>>::with<msg<wire::AuditPage>>>;

} // namespace hive
