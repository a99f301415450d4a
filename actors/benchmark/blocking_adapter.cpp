#include "actors/benchmark/blocking_adapter.hpp"

#include "actors/defaults.hpp"

#include <caf/all.hpp>

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

} // namespace

blocking_adapter_state::~blocking_adapter_state() {
  for (auto& [worker, job] : jobs_)
    job.stop.request_stop();
}

void blocking_adapter_state::init(pointer self, std::string name, std::chrono::milliseconds timeout,
                                  blocking_measurement measure) {
  self_ = self;
  name_ = std::move(name);
  timeout_ = timeout;
  measure_ = std::move(measure);
  self_->set_down_handler([this](caf::down_msg& down) { handle_down(down.source); });
}

caf::result<msg<wire::Measurement>> blocking_adapter_state::start(const msg<wire::MeasureRequest>& request) {
  if (jobs_.size() >= defaults::max_blocking_measurements)
    return fail(ec::overloaded, name_ + ": " + std::to_string(defaults::max_blocking_measurements) +
                                  " measurements are running already");
  auto requester = caf::actor_cast<caf::actor_addr>(self_->current_sender());
  if (!waits(requester))
    self_->monitor(requester);
  job entry{requester, {}};
  work_limit limit{entry.stop.get_token(), work_limit::clock::now() + timeout_};
  auto handle = self_->spawn<caf::detached + caf::monitored>(worker, name_, measure_, limit);
  jobs_.emplace(handle.address(), std::move(entry));
  return self_->delegate(handle, request);
}

void blocking_adapter_state::handle_down(const caf::actor_addr& who) {
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

bool blocking_adapter_state::waits(const caf::actor_addr& requester) const {
  for (const auto& [worker, job] : jobs_)
    if (job.requester == requester)
      return true;
  return false;
}

adapter_actor::behavior_type blocking_adapter(blocking_adapter_state::pointer self, std::string name,
                                              std::chrono::milliseconds timeout, blocking_measurement measure) {
  self->state.init(self, std::move(name), timeout, std::move(measure));
  return {[self](const msg<wire::MeasureRequest>& request) { return self->state.start(request); }};
}

} // namespace hive
