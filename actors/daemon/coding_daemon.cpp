#include "actors/daemon/coding_daemon.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/tracker.capnp.h"
#include "platform/log.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

struct coding_daemon_state {
  static inline const char* name = "coding_daemon";
  uint64_t ticks = 0;
};

using daemon_pointer = coding_daemon_actor::stateful_pointer<coding_daemon_state>;

void publish(daemon_pointer self, const coding_daemon_services& services) {
  self->request(services.tracker, defaults::request_timeout, msg<wire::LearningDeltaQuery>{})
    .then(
      [self, publisher = services.publisher](const msg<wire::LearningDelta>& delta) {
        self->request(publisher, defaults::request_timeout, delta)
          .then(
            [](const msg<wire::Recorded>& answer) {
              log::debug("Learning delta published. task_types={}", answer->getRecorded());
            },
            [](const caf::error& error) { log::warn("Learning delta not published: {}", text_of(error)); });
      },
      [](const caf::error& error) {
        if (code_of(error) != ec::no_data)
          log::warn("No learning delta from the tracker: {}", text_of(error));
      });
}

coding_daemon_actor::behavior_type coding_daemon(daemon_pointer self, const coding_daemon_services& services,
                                                 const coding_daemon_options& options) {
  self->delayed_send(self, options.tick, tick_atom::value);
  return {[self, services, options](tick_atom) {
    self->delayed_send(self, options.tick, tick_atom::value);
    if (++self->state.ticks % options.ticks_per_publication == 0)
      publish(self, services);
  }};
}

} // namespace

coding_daemon_actor spawn_coding_daemon(caf::actor_system& system, coding_daemon_services services,
                                        coding_daemon_options options) {
  return system.spawn(coding_daemon, std::move(services), options);
}

} // namespace hive
