#include "actors/tracker/task_reader.hpp"

#include "actors/defaults.hpp"

#include <caf/all.hpp>

namespace hive {

task_reader_actor::behavior_type task_reader(task_reader_actor::pointer, std::shared_ptr<const database> db) {
  return {
    [db](const msg<wire::TaskQuery>& query) -> caf::result<msg<wire::TaskPage>> {
      return task_store{*db}.find(*query);
    },
    [db](find_old_atom, int64_t cutoff_unix_micros) -> caf::result<uint64_t> {
      auto first = task_store{*db}.first_not_before(cutoff_unix_micros, defaults::task_retention_step);
      if (!first)
        return first.error();
      return first->value;
    },
  };
}

} // namespace hive
