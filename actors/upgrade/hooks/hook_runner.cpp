#include "actors/upgrade/hooks/hook_runner.hpp"

#include "actors/process/runner.hpp"
#include "actors/upgrade/hooks/hook_input.hpp"
#include "messages/ec.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace hive {
namespace {

/// A hook from its order to the answer.
struct ordered_hook {
  hook_order order;
  caf::typed_response_promise<hook_outcome> promise;
};

class hook_runner_state {
public:
  using pointer = hook_runner_actor::stateful_pointer<hook_runner_state>;
  static inline const char* name = "hook runner";

  hook_runner_state() = default;
  hook_runner_state(const hook_runner_state&) = delete;
  hook_runner_state& operator=(const hook_runner_state&) = delete;

  /// Answers all, however the actor ends. The runner ends the processes then.
  ~hook_runner_state() {
    fail_all();
    if (runner_)
      caf::anon_send_exit(runner_, caf::exit_reason::user_shutdown);
  }

  caf::error init(pointer self, hook_runner_options options) {
    if (auto wrong = options.validate())
      return wrong;
    self_ = self;
    options_ = std::move(options);
    runner_options processes;
    processes.max_processes = defaults::max_hooks; // no hook waits for one of another track
    processes.kill_grace = options_.kill_grace;
    runner_ = spawn_runner(self->system(), processes);
    self->monitor(runner_);
    self->set_down_handler([this](const caf::down_msg&) {
      fail_all();
      self_->quit(stopping_ ? *stopping_ : fail(ec::unavailable, "the runner of the hooks has ended"));
    });
    self->set_exit_handler([this](const caf::exit_msg& exit) { stop(exit.reason); });
    return caf::none;
  }

  caf::result<hook_outcome> take(const hook_order& order) {
    if (std::ranges::find(hook_actions, order.action) == hook_actions.end())
      return fail(ec::invalid, "there is no hook for action " + order.action);
    if (stopping_)
      return fail(ec::unavailable, "hooks are not run any more: the node stops");
    if (command_of(order).empty())
      return hook_outcome{0, "no command is configured for " + order.action, false};
    if (hooks_ >= defaults::max_hooks)
      return fail(ec::overloaded, std::to_string(hooks_) + " hooks run and wait already");
    auto promise = self_->make_response_promise<hook_outcome>();
    auto& track = tracks_[order.track];
    track.push_back({order, promise});
    ++hooks_;
    if (track.size() == 1)
      run_first(order.track);
    return promise;
  }

private:
  const std::vector<std::string>& command_of(const hook_order& order) const {
    static const std::vector<std::string> none;
    auto found = options_.commands.find(order.action);
    return found == options_.commands.end() ? none : found->second;
  }

  /// Runs the first hook of the track, which stays in its place until it has ended.
  void run_first(const std::string& track) {
    const auto& order = tracks_.at(track).front().order;
    log::info("Starting a hook. action={} track={} proposal={} token={}", order.action, track, order.proposal,
              order.token);
    // No timeout is needed: the runner answers by the time limit, and the request fails if it ends.
    self_->request(runner_, caf::infinite, hook_process_of(order, command_of(order), options_))
      .then(
        [this, track](const msg<wire::RunResult>& result) {
          finish(track, hook_outcome_of(command_of(tracks_.at(track).front().order), *result));
        },
        [this, track](caf::error& error) { finish(track, std::move(error)); });
  }

  /// What cannot be started is an outcome: the hook did nothing. One that is ended with this actor may have done
  /// anything.
  caf::expected<hook_outcome> outcome_of(caf::error error) const {
    if (stopping_)
      return fail(ec::outcome_unknown, "the hook was ended with the node: " + text_of(error));
    if (code_of(error) == ec::process_failed || code_of(error) == ec::invalid)
      return hook_outcome{hook_not_started, text_of(error), false};
    return error;
  }

  void finish(const std::string& track, caf::error error) {
    finish(track, outcome_of(std::move(error)));
  }

  void finish(const std::string& track, caf::expected<hook_outcome> outcome) {
    auto found = tracks_.find(track);
    if (found == tracks_.end())
      return; // answered when the runner ended
    auto done = std::move(found->second.front());
    found->second.pop_front();
    --hooks_;
    report(done.order, outcome);
    if (outcome)
      done.promise.deliver(std::move(*outcome));
    else
      done.promise.deliver(std::move(outcome.error()));
    if (found->second.empty())
      tracks_.erase(found);
    else
      run_first(track);
  }

  static void report(const hook_order& order, const caf::expected<hook_outcome>& outcome) {
    if (outcome && outcome->exit_status == 0)
      log::info("Hook ended. action={} track={} token={}", order.action, order.track, order.token);
    else
      log::warn("Hook failed: {}. action={} track={} token={}", outcome ? outcome->output : text_of(outcome.error()),
                order.action, order.track, order.token);
  }

  /// The runner ends its processes, and this actor ends with it.
  void stop(const caf::error& reason) {
    stopping_ = reason;
    if (hooks_ == 0)
      return self_->quit(reason);
    for (auto& [name, track] : tracks_)
      for (; track.size() > 1; track.pop_back(), --hooks_)
        track.back().promise.deliver(fail(ec::unavailable, "the node stops before the hook was started"));
    self_->send_exit(runner_, caf::exit_reason::user_shutdown);
  }

  void fail_all() {
    for (auto& [name, track] : tracks_)
      for (auto& each : track) {
        bool was_running = &each == &track.front();
        each.promise.deliver(was_running ? fail(ec::outcome_unknown, "the runner of the hooks ended while it ran")
                                         : fail(ec::unavailable, "the runner of the hooks has ended"));
      }
    tracks_.clear();
    hooks_ = 0;
  }

  pointer self_ = nullptr;
  hook_runner_options options_;
  runner_actor runner_;
  std::map<std::string, std::deque<ordered_hook>> tracks_; ///< of each, the first hook runs and the others wait
  size_t hooks_ = 0;
  std::optional<caf::error> stopping_;
};

hook_runner_actor::behavior_type hook_runner(hook_runner_state::pointer self, hook_runner_options options) {
  if (auto error = self->state.init(self, std::move(options)))
    self->quit(std::move(error));
  return {[self](const hook_order& order) { return self->state.take(order); }};
}

} // namespace

hook_runner_actor spawn_hook_runner(caf::actor_system& system, hook_runner_options options) {
  return system.spawn(hook_runner, std::move(options));
}

} // namespace hive
