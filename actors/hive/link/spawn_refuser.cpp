#include "actors/hive/link/spawn_refuser.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "platform/log.hpp"
#include "platform/rate_limiter.hpp"

#include <caf/actor_registry.hpp>
#include <caf/all.hpp>
#include <set>
#include <string>

namespace hive {
namespace {

constexpr auto spawn_server = caf::atom("SpawnServ");
/// Limit for a name that a stranger chose.
constexpr size_t max_logged_type = 64;

struct refuser_state {
  static inline const char* name = "refuser";
  rate_limiter budget{std::chrono::steady_clock::now(), defaults::refusal_log_burst, defaults::refusal_log_per_s};
};

caf::behavior refuser(caf::stateful_actor<refuser_state>* self) {
  self->set_default_handler(caf::drop); // such as CAF's queries on each new connection
  return {[self](caf::spawn_atom, const std::string& type, const caf::message&,
                 const std::set<std::string>&) -> caf::result<caf::strong_actor_ptr> {
    uint64_t left_out = 0;
    if (self->state.budget.allow(std::chrono::steady_clock::now(), left_out))
      log::warn("Refused a remote spawn by CAF: a ticket is required type={}", type.substr(0, max_logged_type));
    return fail(ec::forbidden, "nothing is spawned here without a ticket");
  }};
}

} // namespace

spawn_refuser::spawn_refuser(caf::actor_system& system) : system_{system}, actor_{system.spawn(refuser)} {
  system_.registry().put(spawn_server, caf::actor_cast<caf::strong_actor_ptr>(actor_));
}

spawn_refuser::~spawn_refuser() {
  auto mine = caf::actor_cast<caf::strong_actor_ptr>(actor_);
  if (system_.registry().get(spawn_server) == mine) // otherwise a restarted door has registered its own
    system_.registry().erase(spawn_server);
  caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
}

} // namespace hive
