#pragma once

#include "actors/events/events.hpp"
#include "actors/hive/core/hive_core.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/slot_topic.hpp"
#include "actors/store/api.hpp"
#include "storage/database.hpp"

#include <memory>
#include <vector>

namespace hive {

struct federation_options {
  /// Without its topics, which are those of the services.
  hive_core_options core;
};

/// Actors the federation depends on.
struct federation_services {
  std::shared_ptr<database> db;
  committer_actor committer;
  event_sink_actor events = {}; ///< told of changes of the membership
  std::vector<slot_topic> topics = {};
};

/// Spawns the federation: the shell of a hive_core. It stores what the core wants to have stored, carries its questions
/// to the peers' actors and their answers back, and tells the services of their topics. Own slots are durable before
/// anybody hears of them; what others say is stored behind it, since they can say it again. It ends with ec::corrupt
/// when what is stored cannot be read, with ec::invalid when an option is wrong, and with the committer.
federation_actor spawn_federation(caf::actor_system& system, federation_services services, federation_options options);

} // namespace hive
