#include "actors/remote/register.hpp"

#include "actors/remote/api.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/install.capnp.h"
#include "messages/msg.hpp"
#include "messages/research.capnp.h"
#include "messages/runs.capnp.h"
#include "messages/tracker.capnp.h"

#include <caf/actor_system_config.hpp>

namespace hive {
namespace {

/// Registers a message under its name in the schema. Skips handles of actors, which configure_network registers.
template <class T>
struct registration {
  static void add(caf::actor_system_config&) {
  }
};

template <class T>
struct registration<msg<T>> {
  static void add(caf::actor_system_config& config) {
    config.add_message_type<msg<T>>("hive." + std::string{capnp::Schema::from<T>().getShortDisplayName().cStr()});
  }
};

template <class... In, class... Out>
struct registration<caf::typed_mpi<caf::detail::type_list<In...>, caf::output_tuple<Out...>>> {
  static void add(caf::actor_system_config& config) {
    (registration<In>::add(config), ...);
    (registration<Out>::add(config), ...);
  }
};

template <class... Requests>
struct registration<caf::typed_actor<Requests...>> {
  static void add(caf::actor_system_config& config) {
    (registration<Requests>::add(config), ...);
  }
};

} // namespace

void register_remote_messages(caf::actor_system_config& config) {
  config.add_error_category(caf::atom("hive"), render_error);
  registration<link_actor>::add(config);
  registration<spawning_link_actor>::add(config);
  registration<engine_session_actor>::add(config);
  registration<engine_presence_actor>::add(config);
  registration<adapter_actor>::add(config);
  registration<research_session_actor>::add(config);
}

} // namespace hive
