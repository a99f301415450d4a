#pragma once

#include "actors/events/api.hpp"
#include "actors/hive/core/hive_core.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/slot_topic.hpp"
#include "actors/store/api.hpp"
#include "platform/identity/trust_register.hpp"
#include "storage/database.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace hive {

struct federation_options {
  /// Without topics, which come from the services, without the number of the run, and without `told`.
  hive_core_options core;
  /// Where the stamp of the newest slot that was told is kept, outside of the data directory; empty: nowhere. A node
  /// that starts with it need not hear others first. See storage/run_stamp.hpp.
  std::filesystem::path run_directory = {};
  /// The CAs and revocation lists by which this process judges certificates. The federation sets the lists.
  std::shared_ptr<trust_register> trust = std::make_shared<trust_register>();
};

/// Actors the federation depends on.
struct federation_services {
  std::shared_ptr<database> db;
  committer_actor committer;
  event_sink_actor events = {}; ///< gets membership changes
  std::vector<slot_topic> topics = {};
};

/// Spawns the federation, the actor around a hive_core. It stores what the core asks for, passes questions and answers
/// between the core and the actors of the peers, and delivers slots to the consumers of topics. Own slots are durable
/// before they are published; slots of other nodes are stored afterwards, since they can be received again. Ends with
/// ec::corrupt when the store cannot be read, with ec::invalid for an invalid option, and when the committer ends.
federation_actor spawn_federation(caf::actor_system& system, federation_services services, federation_options options);

} // namespace hive
