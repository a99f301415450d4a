#pragma once

#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <memory>

namespace hive {

using find_old_atom = caf::atom_constant<caf::atom("find_old")>;

/// internal: reads records in a separate actor, so that long scans delay neither recording nor queries about tools.
using task_reader_actor = caf::typed_actor<caf::replies_to<msg<wire::TaskQuery>>::with<msg<wire::TaskPage>>,
                                           // The exclusive end of the old records: those with lower numbers all ended
                                           // before this time (microseconds since 1970). Examines at most
                                           // defaults::task_retention_step records.
                                           caf::replies_to<find_old_atom, int64_t>::with<uint64_t>>;

/// Services the reader depends on.
struct task_reader_services {
  std::shared_ptr<const database> db; ///< shared, since the reader may end after the tracker
};

task_reader_actor spawn_task_reader(caf::actor_system& system, task_reader_services services);

} // namespace hive
