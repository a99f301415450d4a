#pragma once

#include "messages/tracker.capnp.h"
#include "storage/task_store.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <memory>

namespace hive {

using find_old_atom = caf::atom_constant<caf::atom("find_old")>;

/// internal: reads records in a separate actor, so that long scans delay neither recording nor queries about tools.
using task_reader_actor = caf::typed_actor<caf::replies_to<msg<wire::TaskQuery>>::with<msg<wire::TaskPage>>,
                                           // The end of the old records, which ended before this time (microseconds
                                           // since 1970). Examines at most defaults::task_retention_step records.
                                           caf::replies_to<find_old_atom, int64_t>::with<uint64_t>>;

/// Spawn with `self->spawn(task_reader, db)`. Shares the database, since it may end after the tracker.
task_reader_actor::behavior_type task_reader(task_reader_actor::pointer self, std::shared_ptr<const database> db);

} // namespace hive
