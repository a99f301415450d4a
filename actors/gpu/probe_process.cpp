#include "actors/gpu/probe_process.hpp"

#include "actors/defaults.hpp"
#include "actors/gpu/readiness_thread.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <optional>

namespace hive {
namespace {

using clock = std::chrono::steady_clock;

/// Reads of at most 64 KiB before the actor handles other messages.
constexpr int max_reads = 16;

class gpu_probe_state {
public:
  using pointer = gpu_probe_actor::stateful_pointer<gpu_probe_state>;
  static inline const char* name = "gpu_probe";

  void init(pointer self, gpu_probe_services services, gpu_probe_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    watch_.emplace(clock::now(), options_.watch, services_.stuck->count());
    auto waiter = readiness_thread::start(
      [self = caf::actor_cast<gpu_probe_actor>(self)] { caf::anon_send(self, gpu_stirred_atom::value); });
    if (!waiter)
      return self->quit(waiter.error());
    waiter_ = std::move(*waiter);
    advance(watch_->tick(clock::now()));
  }

  void watch(const gpu_watcher_actor& watcher) {
    watcher_ = watcher;
    if (const auto& latest = watch_->latest())
      self_->send(watcher_, *latest);
    else
      send_unknown();
  }

  void set_pace(uint32_t interval_ms) {
    options_.interval =
      std::clamp(std::chrono::milliseconds{interval_ms}, defaults::min_gpu_interval, defaults::max_gpu_interval);
    is_pace_sent_ = child_ && child_->set_interval(options_.interval);
  }

  caf::result<msg<wire::GpuReport>> latest() {
    if (const auto& latest = watch_->latest())
      return *latest;
    if (is_decided_)
      return unknown_error();
    if (asking_.size() >= defaults::max_gpu_questions)
      return fail(ec::overloaded, "too many requests wait for the first report of the GPU probe");
    asking_.push_back(self_->make_response_promise<msg<wire::GpuReport>>());
    return asking_.back();
  }

  /// The child printed something or has ended.
  void stirred() {
    read_child();
    if (child_)
      waiter_->arm(child_->sources());
  }

  void tick(uint64_t number) {
    if (number != timer_)
      return;     // an earlier timer
    read_child(); // what has arrived is no silence, however late this message is
    for (auto ended = services_.stuck->reap(); ended > 0; --ended)
      watch_->reaped(clock::now());
    if (child_ && !is_pace_sent_)
      is_pace_sent_ = child_->set_interval(options_.interval);
    advance(watch_->tick(clock::now()));
  }

  void end() {
    for (auto& promise : std::exchange(asking_, {}))
      promise.deliver(fail(ec::unavailable, "the GPU probe is being stopped"));
    watcher_ = nullptr;
    waiter_.reset();
    if (!child_)
      return;
    child_->kill();
    if (!child_->reap_within(defaults::gpu_probe_end_grace))
      services_.stuck->add(std::move(*child_));
    child_.reset();
  }

private:
  void read_child() {
    for (int i = 0; child_ && i < max_reads; ++i) {
      auto bytes = child_->read();
      if (bytes.empty())
        break;
      advance(watch_->feed(bytes, clock::now()));
    }
    auto why = child_ ? child_->reap() : std::nullopt;
    if (!why)
      return;
    auto has_run = !child_->has_failed_to_start();
    drop_child();
    advance(has_run ? watch_->ended(*why, clock::now()) : watch_->start_failed(*why, clock::now()));
  }

  /// Does what the watch decided, and sets the timer for its next decision.
  void advance(probe_step step) {
    for (auto& report : step.reports)
      tell(report);
    if (step.unknown)
      tell_unknown();
    if (step.kill && child_)
      child_->kill();
    if (step.leave && child_) {
      services_.stuck->add(std::move(*child_));
      drop_child();
    }
    if (step.start)
      return start_child();
    set_timer();
  }

  void start_child() {
    auto child = probe_child::start(options_.program, options_.library, options_.interval, options_.limits);
    if (!child)
      return advance(watch_->start_failed(text_of(child.error()), clock::now()));
    child_ = std::move(*child);
    is_pace_sent_ = true;
    log::debug("GPU probe started. pid={}", child_->pid());
    advance(watch_->started(clock::now()));
    waiter_->arm(child_->sources());
  }

  void drop_child() {
    waiter_->disarm();
    child_.reset();
  }

  void set_timer() {
    auto due = watch_->next_tick();
    if (due == timer_at_)
      return;
    timer_at_ = due;
    self_->delayed_send(self_, std::max(due - clock::now(), clock::duration{0}), gpu_tick_atom::value, ++timer_);
  }

  void tell(const msg<wire::GpuReport>& report) {
    auto failure = as_view(report->getFailure());
    if (!is_decided_ || !is_known_ || failure != last_failure_) {
      if (failure.empty())
        log::info("GPUs are known. devices={}", report->getDevices().size());
      else
        log::info("No GPU can be used: {}", failure);
    }
    last_failure_ = failure;
    is_decided_ = is_known_ = true;
    for (auto& promise : std::exchange(asking_, {}))
      promise.deliver(report);
    if (watcher_)
      self_->send(watcher_, report);
  }

  void tell_unknown() {
    const auto& why = watch_->unknown_reason();
    // A driver that hangs for days would fill the log with restarts.
    if (is_decided_ && !is_known_)
      log::debug("GPUs are unknown: {}", why);
    else
      log::warn("GPUs are unknown: {}", why);
    is_decided_ = true;
    is_known_ = false;
    for (auto& promise : std::exchange(asking_, {}))
      promise.deliver(unknown_error());
    send_unknown();
  }

  void send_unknown() {
    if (watcher_)
      self_->send(watcher_, msg<wire::GpuUnknown>::build(
                              [&](wire::GpuUnknown::Builder out) { out.setReason(watch_->unknown_reason()); }));
  }

  caf::error unknown_error() const {
    return fail(ec::unavailable, watch_->unknown_reason());
  }

  pointer self_ = nullptr;
  gpu_probe_services services_;
  gpu_probe_options options_;
  std::optional<probe_watch> watch_;
  std::optional<probe_child> child_;
  gpu_watcher_actor watcher_;
  std::vector<caf::typed_response_promise<msg<wire::GpuReport>>> asking_;
  bool is_decided_ = false; ///< the probe has reported, or failed to, at least once
  bool is_known_ = false;
  bool is_pace_sent_ = true;
  std::string last_failure_;
  uint64_t timer_ = 0; ///< number of the timer that counts
  clock::time_point timer_at_;
  std::unique_ptr<readiness_thread> waiter_; ///< last member: its thread ends before the others
};

gpu_probe_actor::behavior_type gpu_probe(gpu_probe_state::pointer self, gpu_probe_services services,
                                         gpu_probe_options options) {
  auto& state = self->state;
  self->set_exit_handler([self](caf::exit_msg& exit) {
    self->state.end();
    self->quit(std::move(exit.reason));
  });
  state.init(self, std::move(services), std::move(options));
  return {
    [&state](gpu_watch_atom, const gpu_watcher_actor& watcher) { state.watch(watcher); },
    [&state](gpu_pace_atom, uint32_t interval_ms) { state.set_pace(interval_ms); },
    [&state](gpu_latest_atom) { return state.latest(); },
    [&state](gpu_stirred_atom) { state.stirred(); },
    [&state](gpu_tick_atom, uint64_t number) { state.tick(number); },
  };
}

} // namespace

gpu_probe_actor spawn_gpu_probe(caf::actor_system& system, gpu_probe_services services, gpu_probe_options options) {
  return system.spawn(gpu_probe, std::move(services), std::move(options));
}

} // namespace hive
