#include "actors/process/runner.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>

namespace hive {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string text_of(capnp::Text::Reader text) {
  return {text.cStr(), text.size()};
}

kj::ArrayPtr<const kj::byte> bytes_of(const std::string& text) {
  return kj::StringPtr{text.c_str(), text.size()}.asBytes();
}

process_options options_of(const msg<wire::RunCommand>& command, const runner_options& options) {
  process_options out;
  for (auto part : command->getCommand())
    out.command.push_back(text_of(part));
  out.workdir = text_of(command->getWorkdir());
  for (auto variable : command->getEnvironment())
    out.environment.emplace_back(text_of(variable.getName()), text_of(variable.getValue()));
  out.timeout = process_timeout(command->getTimeoutS());
  out.kill_grace = options.kill_grace;
  out.output_cap = std::min<size_t>(command->getOutputCapBytes(), defaults::max_process_output_bytes);
  out.limits = options.limits;
  out.status_channel = command->getStatusChannel();
  out.keep_end = command->getKeepEnd();
  auto input = command->getInput().asChars();
  out.input.assign(input.begin(), input.size());
  return out;
}

msg<wire::RunResult> message_of(const process_result& result, const sandbox::prepared_run* sandboxed = nullptr) {
  return msg<wire::RunResult>::build([&](wire::RunResult::Builder out) {
    if (sandboxed) {
      out.setBoundedBy(std::string{sandboxed->bounded_by()});
      if (auto exceeded = sandboxed->exceeded(); !exceeded.empty())
        out.setExceeded(exceeded);
      out.setUser(sandboxed->user());
    }
    out.setExitStatus(result.exit_status);
    out.setSignal(result.signal);
    out.setTimedOut(result.timed_out);
    out.setStdout(bytes_of(result.output));
    out.setStderr(bytes_of(result.errors));
    out.setStatus(bytes_of(result.status));
    out.setStdoutTruncated(result.output_truncated);
    out.setStderrTruncated(result.errors_truncated);
    out.setDurationS(std::chrono::duration<double>(result.duration).count());
    out.setLeftProcesses(result.left_processes);
    out.setProcessorS(std::chrono::duration<double>(result.processor_time).count());
  });
}

using shared_host = std::shared_ptr<const sandbox::host>;

caf::expected<msg<wire::RunResult>> run_in_sandbox(const sandbox::host& host, wire::Sandbox::Reader how,
                                                   const process_options& options, const cancellation& cancel) {
  auto deadline = clock::now() + options.timeout;
  auto because = [&](ec code, const std::string& why) {
    return fail(code, "command '" + options.command.front() + "': " + why);
  };
  auto prepared = host.prepare(sandbox::options_of(how), options);
  if (!prepared)
    return because(code_of(prepared.error()), hive::text_of(prepared.error()));
  auto left = std::chrono::ceil<milliseconds>(deadline - clock::now());
  if (left.count() <= 0)
    return because(ec::timed_out, "its whole time limit passed while its sandbox was prepared");
  auto process = (*prepared)->process();
  process.timeout = left;
  auto result = run_process(process, cancel);
  if (!result)
    return result.error();
  return message_of(*result, prepared->get());
}

caf::expected<msg<wire::RunResult>> run_to_end(const shared_host& host, wire::RunCommand::Reader command,
                                               const process_options& options, const cancellation& cancel) {
  try {
    if (command.hasSandbox())
      return run_in_sandbox(*host, command.getSandbox(), options, cancel);
    auto result = run_process(options, cancel);
    if (!result)
      return result.error();
    return message_of(*result);
  } catch (const std::exception& e) { // mostly out of memory; the boundary of this thread's work
    return fail(ec::internal, options.command.front() + ": " + e.what());
  }
}

/// Runs one process on its own thread. It is an actor of its own only because waiting blocks.
runner_actor::behavior_type waiter(runner_actor::pointer self, shared_host host, process_options options,
                                   cancellation cancel) {
  return {[self, host = std::move(host), options = std::move(options),
           cancel = std::move(cancel)](const msg<wire::RunCommand>& command) -> caf::result<msg<wire::RunResult>> {
    self->quit();
    auto outcome = run_to_end(host, *command, options, cancel);
    if (!outcome)
      return std::move(outcome.error());
    return std::move(*outcome);
  }};
}

/// One request from arrival to answer.
struct process_run {
  msg<wire::RunCommand> command;
  caf::typed_response_promise<msg<wire::RunResult>> promise;
  caf::actor_addr requester;
  std::chrono::steady_clock::time_point deadline;
  std::optional<cancellation> cancel; ///< set while it runs
};

class runner_state {
public:
  static inline const char* name = "runner";

  explicit runner_state(runner_actor::pointer self) : self_{self} {
  }

  /// Fails waiting requests and ends running processes, however the actor ends.
  ~runner_state() {
    fail_waiting("the runner has ended");
    for (auto& [id, run] : running_) {
      run.cancel->cancel();
      run.promise.deliver(fail(ec::unavailable, "the runner has ended"));
    }
  }

  runner_state(const runner_state&) = delete;
  runner_state& operator=(const runner_state&) = delete;

  void configure(runner_options options) {
    options_ = std::move(options);
    host_ = std::make_shared<const sandbox::host>(options_.sandboxes);
  }

  caf::result<msg<wire::RunResult>> submit(const msg<wire::RunCommand>& command) {
    auto options = options_of(command, options_);
    if (auto error = options.validate())
      return error;
    if (command->hasSandbox() && !options.input.empty())
      return fail(ec::invalid, "command '" + options.command.front() + "' in a sandbox cannot be given an input");
    if (stopping_)
      return fail(ec::unavailable, "command '" + options.command.front() + "': the runner is stopping");
    bool has_place = running_.size() < options_.max_processes;
    if (!has_place && waiting_.size() >= options_.max_waiting)
      return fail(ec::overloaded, "command '" + options.command.front() + "': " + std::to_string(running_.size()) +
                                    " processes run and " + std::to_string(waiting_.size()) + " wait already");
    auto sender = caf::actor_cast<caf::actor_addr>(self_->current_sender());
    process_run run{
      command, self_->make_response_promise<msg<wire::RunResult>>(), sender, clock::now() + options.timeout, {}};
    auto promise = run.promise;
    watch_requester(sender);
    waiting_.push_back(std::move(run));
    start_waiting();
    return promise;
  }

  void drop_requester(const caf::actor_addr& requester) {
    std::erase_if(waiting_, [&](const process_run& run) { return run.requester == requester; });
    for (auto& [id, run] : running_)
      if (run.requester == requester)
        run.cancel->cancel();
    requesters_.erase(requester);
  }

  void stop(const caf::error& reason) {
    stopping_ = reason;
    fail_waiting("the runner is stopping");
    if (!running_.empty())
      log::info("Runner stops and ends its running processes. processes={}", running_.size());
    for (auto& [id, run] : running_)
      run.cancel->cancel();
    quit_when_idle();
  }

private:
  void start_waiting() {
    while (!waiting_.empty() && running_.size() < options_.max_processes) {
      auto run = std::move(waiting_.front());
      waiting_.pop_front();
      start(std::move(run));
    }
  }

  void start(process_run run) {
    auto options = options_of(run.command, options_);
    auto refuse = [&](caf::error why) {
      run.promise.deliver(std::move(why));
      unwatch_requester(run.requester);
    };
    options.timeout = std::chrono::ceil<milliseconds>(run.deadline - clock::now());
    if (options.timeout.count() <= 0)
      return refuse(fail(ec::timed_out, "command '" + options.command.front() +
                                          "' waited its whole time limit for one of " +
                                          std::to_string(options_.max_processes) + " places"));
    auto cancel = cancellation::create();
    if (!cancel)
      return refuse(std::move(cancel.error()));
    run.cancel = *cancel;
    auto id = ++last_run_;
    log::debug("Starting a process. run={} program={}", id, options.command.front());
    auto command = run.command;
    running_.emplace(id, std::move(run));
    // No timeout is needed: the waiter answers by the command's deadline, and the request fails if the waiter ends.
    self_->request(self_->spawn<caf::detached>(waiter, host_, std::move(options), *cancel), caf::infinite, command)
      .then([this, id](const msg<wire::RunResult>& result) { finish(id, result); },
            [this, id](caf::error& error) { finish(id, std::move(error)); });
  }

  void finish(uint64_t id, caf::expected<msg<wire::RunResult>> outcome) {
    auto found = running_.find(id);
    if (found == running_.end())
      return;
    auto run = std::move(found->second);
    running_.erase(found);
    if (outcome)
      run.promise.deliver(std::move(*outcome));
    else
      run.promise.deliver(std::move(outcome.error()));
    unwatch_requester(run.requester);
    start_waiting();
    quit_when_idle();
  }

  void watch_requester(const caf::actor_addr& requester) {
    if (requester && ++requesters_[requester] == 1)
      self_->monitor(requester);
  }

  void unwatch_requester(const caf::actor_addr& requester) {
    auto found = requesters_.find(requester);
    if (found == requesters_.end() || --found->second > 0)
      return;
    self_->demonitor(requester);
    requesters_.erase(found);
  }

  void fail_waiting(const std::string& why) {
    for (auto& run : waiting_) {
      run.promise.deliver(fail(ec::unavailable, why));
      unwatch_requester(run.requester);
    }
    waiting_.clear();
  }

  void quit_when_idle() {
    if (stopping_ && running_.empty())
      self_->quit(*stopping_);
  }

  runner_actor::pointer self_;
  runner_options options_;
  shared_host host_;
  std::map<uint64_t, process_run> running_;
  std::deque<process_run> waiting_;
  std::map<caf::actor_addr, size_t> requesters_; ///< number of open requests, by requester
  uint64_t last_run_ = 0;
  std::optional<caf::error> stopping_;
};

runner_actor::behavior_type runner(runner_actor::stateful_pointer<runner_state> self, runner_options options) {
  self->state.configure(std::move(options));
  self->set_down_handler([self](const caf::down_msg& down) { self->state.drop_requester(down.source); });
  self->set_exit_handler([self](const caf::exit_msg& exit) { self->state.stop(exit.reason); });
  return {[self](const msg<wire::RunCommand>& command) { return self->state.submit(command); }};
}

} // namespace

caf::error runner_options::validate() const {
  if (max_processes == 0)
    return fail(ec::invalid, "max_processes is 0: no process could ever run");
  if (kill_grace.count() < 0)
    return fail(ec::invalid, "kill_grace is negative");
  return sandboxes.validate();
}

runner_actor spawn_runner(caf::actor_system& system, runner_options options) {
  return system.spawn(runner, std::move(options));
}

} // namespace hive
