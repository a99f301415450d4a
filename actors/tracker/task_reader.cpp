#include "actors/tracker/task_reader.hpp"

#include "actors/defaults.hpp"
#include "storage/task_store.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

task_reader_actor::behavior_type task_reader(task_reader_actor::pointer, const task_reader_services& services) {
  return {
    [db = services.db](const msg<wire::TaskQuery>& query) -> caf::result<msg<wire::TaskPage>> {
      return task_store{*db}.find(*query);
    },
    [db = services.db](find_old_atom, int64_t cutoff_unix_micros) -> caf::result<uint64_t> {
      auto first = task_store{*db}.first_not_before(cutoff_unix_micros, defaults::task_retention_step);
      if (!first)
        return first.error();
      return first->value;
    },
  };
}

} // namespace

task_reader_actor spawn_task_reader(caf::actor_system& system, task_reader_services services) {
  return system.spawn(task_reader, std::move(services));
}

} // namespace hive
