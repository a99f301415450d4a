#include "actors/benchmark/blocking_adapter.hpp"

#include "actors/defaults.hpp"

#include <caf/all.hpp>
#include <map>

namespace hive {
namespace {

caf::expected<msg<wire::Measurement>>
measure_safely(const blocking_measurement& measure, const msg<wire::MeasureRequest>& request, const work_limit& limit) {
  try {
    return measure(request, limit);
  } catch (const std::exception& e) {
    return fail(ec::internal, e.what());
  }
}

/// Performs one measurement on its own thread.
adapter_actor::behavior_type worker(adapter_actor::pointer self, std::string name, blocking_measurement measure,
                                    work_limit limit) {
  return {
    [self, name, measure, limit](const msg<wire::MeasureRequest>& request) -> caf::result<msg<wire::Measurement>> {
      self->quit();
      auto result = measure_safely(measure, request, limit);
      if (!result)
        return fail(code_of(result.error()), name + ": " + text_of(result.error()));
      return *result;
    }};
}

class blocking_adapter_state {
public:
  using pointer = adapter_actor::stateful_pointer<blocking_adapter_state>;

  blocking_adapter_state() = default;
  blocking_adapter_state(const blocking_adapter_state&) = delete;
  blocking_adapter_state& operator=(const blocking_adapter_state&) = delete;
  ~blocking_adapter_state() {
    for (auto& [worker, job] : jobs_)
      job.stop.request_stop();
  }

  void init(pointer self, blocking_adapter_options options) {
    self_ = self;
    options_ = std::move(options);
    self_->set_down_handler([this](caf::down_msg& down) { handle_down(down.source); });
  }

  /// Passes the request to a new worker, which answers it.
  caf::result<msg<wire::Measurement>> start(const msg<wire::MeasureRequest>& request) {
    if (jobs_.size() >= defaults::max_blocking_measurements)
      return fail(ec::overloaded, options_.name + ": " + std::to_string(defaults::max_blocking_measurements) +
                                    " measurements are running already");
    auto requester = caf::actor_cast<caf::actor_addr>(self_->current_sender());
    if (!waits(requester))
      self_->monitor(requester);
    job entry{requester, {}};
    work_limit limit{entry.stop.get_token(), work_limit::clock::now() + options_.timeout};
    auto handle = self_->spawn<caf::detached + caf::monitored>(worker, options_.name, options_.measure, limit);
    jobs_.emplace(handle.address(), std::move(entry));
    return self_->delegate(handle, request);
  }

private:
  struct job {
    caf::actor_addr requester;
    std::stop_source stop;
  };

  /// Handles the end of a worker or a requester.
  void handle_down(const caf::actor_addr& who) {
    if (auto found = jobs_.find(who); found != jobs_.end()) {
      auto requester = found->second.requester;
      jobs_.erase(found);
      if (!waits(requester))
        self_->demonitor(requester);
      return;
    }
    for (auto& [worker, job] : jobs_)
      if (job.requester == who)
        job.stop.request_stop();
  }

  bool waits(const caf::actor_addr& requester) const {
    for (const auto& [worker, job] : jobs_)
      if (job.requester == requester)
        return true;
    return false;
  }

  pointer self_ = nullptr;
  blocking_adapter_options options_;
  std::map<caf::actor_addr, job> jobs_; ///< by worker
};

adapter_actor::behavior_type blocking_adapter(blocking_adapter_state::pointer self, blocking_adapter_options options) {
  self->state.init(self, std::move(options));
  return {[self](const msg<wire::MeasureRequest>& request) { return self->state.start(request); }};
}

} // namespace

adapter_actor spawn_blocking_adapter(caf::actor_system& system, blocking_adapter_options options) {
  return system.spawn(blocking_adapter, std::move(options));
}

} // namespace hive
