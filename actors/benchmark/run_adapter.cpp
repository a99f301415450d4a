#include "actors/benchmark/run_adapter.hpp"

#include "actors/aside.hpp"
#include "actors/benchmark/snapshots/samples.hpp"
#include "actors/process/run_report.hpp"
#include "messages/change.hpp"
#include "platform/contention.hpp"

#include <caf/all.hpp>
#include <deque>
#include <map>
#include <optional>

namespace hive {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A reason may hold 4,096 bytes, and the registry adds text to it.
constexpr size_t max_reason_bytes = 3'000;

/// Upper bound on the runner's time to answer for a process with this time limit.
milliseconds answer_within(milliseconds limit) {
  return limit + defaults::process_kill_grace + defaults::process_drain + defaults::process_reply_slack;
}

caf::error about_runner(const caf::error& error) {
  switch (code_of(error)) {
  case ec::outcome_unknown:
    return fail(ec::timed_out, "the runner gave no answer in time: too many processes run");
  case ec::unavailable:
    return fail(ec::unavailable, "the process was ended with the runner: " + text_of(error));
  default:
    return error;
  }
}

class run_adapter_state {
public:
  static inline const char* name = "run_adapter";

  explicit run_adapter_state(adapter_actor::pointer self) : self_{self} {
  }

  /// Fails all unanswered requests, however the actor ends. The runner ends the actor's process.
  ~run_adapter_state() {
    for (auto& open : queue_)
      open.promise.deliver(fail(ec::unavailable, "adapter " + plan_.name + " has ended"));
  }

  run_adapter_state(const run_adapter_state&) = delete;
  run_adapter_state& operator=(const run_adapter_state&) = delete;

  void configure(run_adapter_services services, run_plan plan) {
    services_ = std::move(services);
    plan_ = std::move(plan);
  }

  caf::result<msg<wire::Measurement>> measure(const msg<wire::MeasureRequest>& request) {
    if (request->getRepeats() > defaults::max_repeats)
      return fail(ec::invalid, "adapter " + plan_.name + " measures at most " + std::to_string(defaults::max_repeats) +
                                 " times, not " + std::to_string(request->getRepeats()));
    if (queue_.size() >= defaults::max_concurrent_captures)
      return fail(ec::busy,
                  "adapter " + plan_.name + " has " + std::to_string(queue_.size()) + " measurements to take already");
    if (plan_.sandbox && request->hasTarget())
      return fail(ec::unsupported, "adapter " + plan_.name + " runs in a sandbox, which has one version of its files");
    auto promise = self_->make_response_promise<msg<wire::Measurement>>();
    queue_.push_back(
      {request, std::max<size_t>(request->getRepeats(), 1), promise, clock::now() + plan_.timeout, {}, {}});
    if (queue_.size() == 1)
      run_once();
    return promise;
  }

private:
  /// One request from arrival to answer.
  struct measurement {
    msg<wire::MeasureRequest> request;
    size_t repeats;
    caf::typed_response_promise<msg<wire::Measurement>> promise;
    std::chrono::steady_clock::time_point deadline;
    std::vector<msg<wire::Measurement>> taken;
    std::optional<contention_sample> before; ///< the first run
    double processor_s = 0;                  ///< of all runs
  };

  void run_once() {
    auto left = std::chrono::ceil<milliseconds>(queue_.front().deadline - clock::now());
    if (left.count() <= 0)
      return fail_current(fail(ec::timed_out, "the time limit of " + std::to_string(plan_.timeout.count()) +
                                                " ms passed before it could be run"));
    if (!plan_.prepare)
      return start(left);
    auto prepare = [prepare = plan_.prepare]() -> caf::expected<caf::unit_t> {
      if (auto error = prepare())
        return error;
      return caf::unit;
    };
    perform<caf::unit_t>(prepare, [this, left](const caf::expected<caf::unit_t>& done) {
      if (!done)
        return fail_current(done.error());
      start(left);
    });
  }

  void start(milliseconds left) {
    if (auto& current = queue_.front(); !current.before)
      current.before = sample_contention();
    self_->request(services_.runner, patience(left), command_within(left))
      .then(
        [this](const msg<wire::RunResult>& result) {
          queue_.front().processor_s += result->getProcessorS();
          perform<msg<wire::Measurement>>([read = plan_.read, result] { return read(*result); },
                                          [this](caf::expected<msg<wire::Measurement>> read) { add(std::move(read)); });
        },
        [this](const caf::error& error) { fail_current(about_runner(error)); });
  }

  /// CAF keeps a requester alive until its timeout has passed, also when the answer came long before. A plan that
  /// blocks holds files, so its adapter relies on the runner, which answers every request.
  caf::duration patience(milliseconds left) const {
    return plan_.blocks ? caf::duration{caf::infinite} : caf::duration{answer_within(left)};
  }

  /// Does a part of the plan, on a thread of its own if the plan's parts block.
  template <class T, class Done>
  void perform(std::function<caf::expected<T>()> work, Done done) {
    if (plan_.blocks)
      run_aside<T>(self_, std::move(work), std::move(done));
    else
      done(work());
  }

  void add(caf::expected<msg<wire::Measurement>> read) {
    if (!read)
      return fail_current(read.error());
    auto& current = queue_.front();
    current.taken.push_back(std::move(*read));
    if (current.taken.size() < current.repeats)
      return run_once();
    auto merged = merge_repeats(plan_.name, current.taken);
    if (!merged)
      return answer_current(fail(code_of(merged.error()), printable_tail(text_of(merged.error()), max_reason_bytes)));
    answer_current(with_contention(*merged, current));
  }

  static msg<wire::Measurement> with_contention(const msg<wire::Measurement>& merged, const measurement& taken) {
    auto found = contention_between(*taken.before, sample_contention(), taken.processor_s);
    return changed(merged, [&](wire::Measurement::Builder out) { write_contention(found, out.initContention()); });
  }

  void fail_current(const caf::error& why) {
    const auto& current = queue_.front();
    auto place = current.repeats == 1 ? std::string{}
                                      : "repeat " + std::to_string(current.taken.size() + 1) + " of " +
                                          std::to_string(current.repeats) + ": ";
    answer_current(fail(code_of(why), place + printable_tail(text_of(why), max_reason_bytes)));
  }

  void answer_current(caf::expected<msg<wire::Measurement>> answer) {
    auto promise = queue_.front().promise;
    queue_.pop_front();
    if (answer)
      promise.deliver(std::move(*answer));
    else
      promise.deliver(std::move(answer.error()));
    if (!queue_.empty())
      run_once();
  }

  msg<wire::RunCommand> command_within(milliseconds limit) const {
    auto target = queue_.front().request->getTarget();
    return msg<wire::RunCommand>::build([&](wire::RunCommand::Builder out) {
      auto before = target.getPrefix().size();
      auto command = out.initCommand(before + static_cast<uint32_t>(plan_.command.size()));
      for (uint32_t i = 0; i < before; ++i)
        command.set(i, target.getPrefix()[i]);
      for (uint32_t i = 0; i < plan_.command.size(); ++i)
        command.set(before + i, plan_.command[i].c_str());
      out.setWorkdir(target.hasDirectory() ? target.getDirectory().cStr() : plan_.workdir.c_str());
      write_environment(environment_for(*queue_.front().request), out);
      out.setTimeoutS(std::chrono::duration<double>(limit).count());
      out.setOutputCapBytes(plan_.output_cap);
      if (plan_.sandbox)
        sandbox::describe(*plan_.sandbox, out.initSandbox());
    });
  }

  /// The plan's own, then that of the version. The later value of a name counts.
  std::map<std::string, std::string> environment_for(wire::MeasureRequest::Reader request) const {
    std::map<std::string, std::string> out;
    if (request.getVersion().size() > 0)
      out["HIVE_VERSION"] = request.getVersion().cStr();
    for (const auto& [name, value] : plan_.environment)
      out[name] = value;
    for (auto variable : request.getTarget().getEnvironment())
      out[variable.getName().cStr()] = variable.getValue().cStr();
    return out;
  }

  static void write_environment(const std::map<std::string, std::string>& from, wire::RunCommand::Builder out) {
    auto to = out.initEnvironment(static_cast<uint32_t>(from.size()));
    uint32_t at = 0;
    for (const auto& [name, value] : from) {
      to[at].setName(name);
      to[at++].setValue(value);
    }
  }

  adapter_actor::pointer self_;
  run_adapter_services services_;
  run_plan plan_;
  std::deque<measurement> queue_; ///< the first one is being measured
};

adapter_actor::behavior_type run_adapter(adapter_actor::stateful_pointer<run_adapter_state> self,
                                         run_adapter_services services, run_plan plan) {
  self->set_default_handler(caf::drop); // an engine that spawned it may send it any message
  self->state.configure(std::move(services), std::move(plan));
  return {[self](const msg<wire::MeasureRequest>& request) { return self->state.measure(request); }};
}

} // namespace

adapter_actor spawn_run_adapter(caf::actor_system& system, run_adapter_services services, run_plan plan) {
  return system.spawn(run_adapter, std::move(services), std::move(plan));
}

} // namespace hive
