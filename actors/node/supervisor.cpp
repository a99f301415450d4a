#include "actors/node/supervisor.hpp"

#include "actors/alarm.hpp"
#include "messages/ec.hpp"
#include "platform/log.hpp"
#include "platform/restart_intensity.hpp"

namespace hive {
namespace {

/// Delay between a failure and the restart: long enough that a service that fails immediately does not use up its
/// restarts in microseconds, short enough that a single failure goes unnoticed.
constexpr auto restart_delay = std::chrono::milliseconds{100};

struct supervisor_state {
  static inline const char* name = "supervisor";

  struct entry {
    service definition;
    caf::actor handle;
  };

  supervisor_actor::pointer self = nullptr;
  std::vector<entry> entries;
  supervisor_options options;
  restart_intensity intensity{0, {}};
  std::string status = "starting";

  // While stopping, the services from `stop_target` on are stopped, last one first; then `after_stop` runs.
  bool stopping = false;
  size_t stop_target = 0;
  size_t stop_cursor = 0;
  uint64_t stop_step = 0;
  std::function<void()> after_stop;
  bool ending = false;

  void set_status(std::string now) {
    status = std::move(now);
    options.on_status(status);
  }

  /// A library that is out of memory or threads may throw, and CAF would end the actor silently.
  static caf::expected<caf::actor> start_one(const service& definition) {
    try {
      return definition.start();
    } catch (const std::exception& e) {
      return fail(ec::unavailable, e.what());
    }
  }

  caf::error start_from(size_t first) {
    for (size_t i = first; i < entries.size(); ++i) {
      auto& entry = entries[i];
      auto handle = start_one(entry.definition);
      if (!handle)
        return fail(code_of(handle.error()), entry.definition.name + ": " + text_of(handle.error()));
      entry.handle = std::move(*handle);
      self->monitor(entry.handle);
      log::debug("Service started. service={}", entry.definition.name);
    }
    set_status("ok");
    return caf::none;
  }

  caf::result<caf::ok_atom> start_all() {
    auto err = start_from(0);
    if (!err)
      return caf::ok_atom::value;
    auto promise = self->make_response_promise<caf::ok_atom>();
    stop_down_to(0, [this, promise, err]() mutable {
      promise.deliver(err);
      self->quit(err);
    });
    return promise;
  }

  void on_down(const caf::down_msg& down) {
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!entries[i].handle || entries[i].handle.address() != down.source)
        continue;
      entries[i].handle = nullptr;
      if (!stopping)
        on_failure(i, down.reason);
      else if (i == stop_cursor)
        stop_next();
      return;
    }
  }

  void on_failure(size_t index, const caf::error& reason) {
    auto& failed = entries[index].definition.name;
    if (entries[index].definition.essential) {
      give_up(fail(code_of(reason), failed + ": " + text_of(reason)));
      return;
    }
    if (!intensity.allow(std::chrono::steady_clock::now())) {
      give_up(fail(ec::internal, "the service " + failed + " failed too often, last: " + text_of(reason)));
      return;
    }
    log::error("Service failed and is being restarted: {}. service={}", text_of(reason), failed);
    set_status("restarting " + failed);
    stop_down_to(index, [this, index] { restart_soon(index); });
  }

  void restart_soon(size_t index) {
    call_at(self, self->clock().now() + restart_delay, [this, index] { restart(index); });
  }

  void restart(size_t index) {
    if (stopping || ending)
      return;
    auto err = start_from(index);
    if (!err) {
      log::info("Service restarted. service={}", entries[index].definition.name);
      return;
    }
    if (!intensity.allow(std::chrono::steady_clock::now())) {
      give_up(std::move(err));
      return;
    }
    log::error("Restart failed and is retried: {}", text_of(err));
    stop_down_to(index, [this, index] { restart_soon(index); });
  }

  void give_up(caf::error err) {
    options.on_give_up(text_of(err));
    ending = true;
    set_status("stopping");
    stop_down_to(0, [this, err] { self->quit(err); });
  }

  void on_exit(const caf::exit_msg& exit) {
    if (ending)
      return;
    ending = true;
    set_status("stopping");
    stop_down_to(0, [this, reason = exit.reason] { self->quit(reason); });
  }

  void stop_down_to(size_t target, std::function<void()> then) {
    bool already = stopping;
    stopping = true;
    stop_target = already ? std::min(stop_target, target) : target;
    after_stop = std::move(then);
    if (already)
      return;
    stop_cursor = entries.size();
    stop_next();
  }

  void stop_next() {
    ++stop_step;
    while (stop_cursor > stop_target) {
      auto& entry = entries[--stop_cursor];
      if (!entry.handle)
        continue;
      self->send_exit(entry.handle, caf::exit_reason::user_shutdown);
      call_at(self, self->clock().now() + options.stop_timeout, [this, step = stop_step] { on_stop_overdue(step); });
      return;
    }
    stopping = false;
    // Moved out first, because it may begin the next stop.
    auto then = std::exchange(after_stop, nullptr);
    then();
  }

  void on_stop_overdue(uint64_t step) {
    if (!stopping || step != stop_step)
      return;
    auto& entry = entries[stop_cursor];
    log::warn("Service did not stop in time and is killed. service={}", entry.definition.name);
    self->demonitor(entry.handle);
    self->send_exit(entry.handle, caf::exit_reason::kill);
    entry.handle = nullptr;
    stop_next();
  }
};

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                           std::vector<service> services, supervisor_options options) {
  auto& state = self->state;
  state.self = self;
  for (auto& definition : services)
    state.entries.push_back({std::move(definition), nullptr});
  state.intensity = restart_intensity{options.max_restarts, options.restart_window};
  state.options = std::move(options);
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  self->set_exit_handler([self](caf::exit_msg& exit) { self->state.on_exit(exit); });
  return {[self](start_atom) { return self->state.start_all(); }};
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, std::vector<service> services,
                                  supervisor_options options) {
  auto spawned = options.starts_wait ? system.spawn<caf::detached>(supervisor, std::move(services), std::move(options))
                                     : system.spawn(supervisor, std::move(services), std::move(options));
  return spawned;
}

} // namespace hive
