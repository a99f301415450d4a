#pragma once

#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct BackupMade;
struct BackupRequest;
struct Backups;
struct BackupsQuery;
} // namespace hive::wire

namespace hive {

/// Makes backups of the node's store, one at a time.
using backups_actor = caf::typed_actor<
  // Makes one; answers when it is complete. ec::busy while another one is made; ec::invalid without a directory, and
  // for one that cannot be used; else the errors of create_backup.
  caf::replies_to<msg<wire::BackupRequest>>::with<msg<wire::BackupMade>>,
  // The backups in the configured directory, and how the last attempt ended.
  caf::replies_to<msg<wire::BackupsQuery>>::with<msg<wire::Backups>>>;

} // namespace hive
