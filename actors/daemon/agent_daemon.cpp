#include "actors/daemon/agent_daemon.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "platform/log.hpp"
#include "storage/input_store.hpp"

#include <caf/all.hpp>
#include <optional>

namespace hive {
namespace {

class agent_daemon_state {
public:
  using pointer = agent_daemon_actor::stateful_pointer<agent_daemon_state>;
  static inline const char* name = "agent_daemon";

  void init(pointer self, agent_daemon_services services, agent_daemon_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = options;
    shift_ = world_model_shift{options.shift};
    wait_for_tick();
  }

  void tick() {
    wait_for_tick();
    constexpr uint64_t ticks_per_remedy = 2; // as in HART OS
    if (++ticks_ % (ticks_per_remedy * options_.remediate_every) != 0)
      return;
    look_for_shift();
    if (!is_visiting_)
      visit();
  }

private:
  void wait_for_tick() {
    self_->delayed_send(self_, options_.tick, tick_atom::value);
  }

  void look_for_shift() {
    auto counters = input_store{*services_.db}.world_model();
    if (!counters)
      return log::warn("World model's counters not read: {}", text_of(counters.error()));
    if (!*counters)
      return;
    if (auto found = shift_.update(***counters)) {
      log::info("Capturing the active agents: {}", *found);
      pending_shift_ = std::move(*found);
    }
  }

  /// A shift stays pending until a visit has captured all agents.
  void visit() {
    is_visiting_ = true;
    self_->request(services_.validator, caf::infinite, visit_agents{pending_shift_})
      .then(
        [this, shift = pending_shift_](const visit_report& done) {
          is_visiting_ = false;
          if (done.failed == 0 && pending_shift_ == shift)
            pending_shift_.clear();
        },
        [this](const caf::error& error) {
          is_visiting_ = false;
          log::warn("Agents not validated, they are at the next occasion: {}", text_of(error));
        });
  }

  pointer self_ = nullptr;
  agent_daemon_services services_;
  agent_daemon_options options_;
  world_model_shift shift_;
  std::string pending_shift_;
  uint64_t ticks_ = 0;
  bool is_visiting_ = false;
};

agent_daemon_actor::behavior_type agent_daemon(agent_daemon_state::pointer self, agent_daemon_services services,
                                               agent_daemon_options options) {
  self->state.init(self, std::move(services), options);
  return {[self](tick_atom) { self->state.tick(); }};
}

} // namespace

agent_daemon_actor spawn_agent_daemon(caf::actor_system& system, agent_daemon_services services,
                                      agent_daemon_options options) {
  return system.spawn(agent_daemon, std::move(services), options);
}

} // namespace hive
