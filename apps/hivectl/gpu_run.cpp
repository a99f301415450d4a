#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/evidence_view.hpp"
#include "apps/hivectl/lease_keeper.hpp"
#include "apps/hivectl/lease_options.hpp"
#include "apps/hivectl/leased_process.hpp"
#include "apps/hivectl/signal_receiver.hpp"

#include <atomic>
#include <pthread.h>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;
using run_clock = std::chrono::steady_clock;

constexpr auto gpu_run_examples =
  "Examples:\n"
  "  hivectl gpu run -- python3 train.py\n"
  "  hivectl gpu run --vram 4 --shared --max-duration 20m -- ./infer --batch 8\n"
  "  hivectl gpu run --devices 2 --timed -- ./bench\n"
  "The command sees its GPUs alone (CUDA_VISIBLE_DEVICES) and has HIVE_LEASE_ID and HIVE_LEASE_TOKEN. It is ended "
  "with\n"
  "SIGTERM, then SIGKILL, when its lease is revoked. Exit status: the command's, 128 and the signal's number if one "
  "ended it,\n"
  "127 or 126 when it cannot be run, and those of hivectl when there is no lease.";

/// How long to try to give the lease back to a node that is away. It ends by itself later.
constexpr auto release_patience = 5s;

constexpr int no_such_program = 127;

struct leased_run_options {
  lease_options lease;
  double grace_s = 10;
};

exit_status as_status(int status) {
  return static_cast<exit_status>(status);
}

/// Makes the command's group the one that the terminal's keys reach, for as long as it runs. Without a terminal, and in
/// a pipeline, whose other processes need it too, hivectl passes the signals on.
class terminal_loan {
public:
  explicit terminal_loan(int group) : group_{group} {
    is_lent_ = ::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO) && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
    give(group_);
  }
  ~terminal_loan() {
    give(::getpgrp());
  }
  terminal_loan(const terminal_loan&) = delete;
  terminal_loan& operator=(const terminal_loan&) = delete;

  /// The command was stopped with the terminal's key: stops hivectl too, so that the shell goes on, until the shell
  /// continues both.
  void stop_too(leased_process& command) const {
    if (!is_lent_)
      return;
    give(::getpgrp());
    ::raise(SIGSTOP);
    give(group_);
    command.signal(SIGCONT);
  }

private:
  void give(int group) const {
    if (!is_lent_)
      return;
    sigset_t output, before;
    sigemptyset(&output);
    sigaddset(&output, SIGTTOU); // for a process that is not in the foreground
    ::pthread_sigmask(SIG_BLOCK, &output, &before);
    ::tcsetpgrp(STDIN_FILENO, group);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  const int group_;
  bool is_lent_ = false;
};

std::vector<std::pair<std::string, std::string>> environment_of(wire::Lease::Reader lease, const std::string& url) {
  std::vector<std::string> uuids;
  for (auto device : lease.getDevices())
    uuids.emplace_back(device.getUuid().cStr());
  if (uuids.empty())
    uuids.emplace_back(lease.getDevice().cStr());
  return {{"CUDA_VISIBLE_DEVICES", join_texts(uuids, ",")},
          {"HIVE_LEASE_ID", lease.getId().cStr()},
          {"HIVE_LEASE_TOKEN", lease.getToken().cStr()},
          {"HIVE_LEASE_VRAM_MIB", std::to_string(lease.getVramMib())},
          {"HIVE_URL", url}};
}

/// A command under its lease.
class leased_run {
public:
  leased_run(session& s, const leased_run_options& options, msg<wire::Lease> lease)
      : s_{s}, options_{options}, lease_{std::move(lease)}, renewal_{lease_->getId().cStr(), lease_->getToken().cStr(),
                                                                     false, 0} {
  }

  outcome run(const std::string& file, const std::vector<std::string>& words, signal_receiver& signals) {
    auto status = run_under_lease({file, words, environment_of(*lease_, s_.url)}, signals);
    if (is_lost_)
      show_evidence(s_.node.ask<wire::Lease>({.path = lease_path(renewal_.id)}));
    else
      give_back();
    return status;
  }

private:
  outcome run_under_lease(const leased_program& program, signal_receiver& signals) {
    auto process = leased_process::prepare(program, signals.original_mask());
    return process ? run(**process, signals) : outcome{process.error()};
  }

  outcome run(leased_process& process, signal_receiver& signals) {
    renewal_.pid = static_cast<uint32_t>(process.pid());
    if (auto named = name_process(signals); !named)
      return signals.first_end() != 0 ? outcome{as_status(signals.exit_status())} : named.error();
    signals.forward_to([&process](int signal) { process.signal(signal); });
    auto ttl = std::chrono::duration<double>{lease_->getTtlS() > 0 ? lease_->getTtlS() : options_.lease.ttl_s};
    lease_keeper keeper{s_, std::chrono::duration_cast<std::chrono::milliseconds>(ttl), renewal_,
                        [&](const std::string& reason, const std::stop_token& stop) { end(process, reason, stop); }};
    terminal_loan terminal{process.pid()};
    process.start();
    int status = process.wait([&] { terminal.stop_too(process); });
    signals.forward_to({});
    return as_status(status);
  }

  /// Only an operator may name a process. A node that started again while the request waited has another token for
  /// that.
  caf::expected<msg<wire::Lease>> name_process(signal_receiver& signals) {
    auto named = renew_lease(s_.node, renewal_, signals.end_requested());
    if (named || code_of(named.error()) != ec::unauthorized)
      return named;
    auto again = s_.connect();
    if (!again)
      return again.error();
    s_.node = std::move(*again);
    return renew_lease(s_.node, renewal_, signals.end_requested());
  }

  void end(leased_process& process, const std::string& reason, const std::stop_token& stop) {
    is_lost_ = true;
    s_.out.remark(reason + "; the command is asked to end");
    process.signal(SIGTERM);
    process.signal(SIGCONT); // one that is stopped would not notice
    pause_until(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>{options_.grace_s}),
                stop);
    if (stop.stop_requested())
      return;
    s_.out.remark("the command did not end and is killed");
    process.signal(SIGKILL);
  }

  void show_evidence(const caf::expected<msg<wire::Lease>>& lease) const {
    if (lease && (*lease)->hasEvidence())
      s_.out.remark("lease " + renewal_.id + ": " + describe_evidence((*lease)->getEvidence()));
  }

  void give_back() {
    auto until = run_clock::now() + release_patience;
    for (;;) {
      auto released = release_lease(s_.node, {.id = renewal_.id, .token = renewal_.token});
      if (released)
        return show_evidence(released);
      auto code = code_of(released.error());
      bool has_ended = code == ec::conflict || code == ec::not_found;
      if (has_ended)
        return s_.out.remark(text_of(released.error())); // the node ended it, and the command with it
      if (run_clock::now() > until)
        return s_.out.remark("lease " + renewal_.id +
                             " could not be given back and ends by itself: " + text_of(released.error()));
      if (auto again = s_.connect(); again && code == ec::unauthorized)
        s_.node = std::move(*again);
      pause_until(500ms, {});
    }
  }

  session& s_;
  const leased_run_options& options_;
  const msg<wire::Lease> lease_;
  lease_renewal renewal_;
  std::atomic<bool> is_lost_ = false;
};

outcome run(session& s, const leased_run_options& options, const context& ctx) {
  const auto& words = *ctx.behind_dashes;
  auto file = find_program(words.front());
  if (file.empty()) { // before it waits for a GPU
    s.out.remark("there is no program " + words.front());
    return as_status(no_such_program);
  }
  auto request = request_of(options.lease, ctx, random_key());
  if (!request)
    return request.error();
  signal_receiver signals;
  auto lease = take_lease(s, *request, signals.end_requested());
  if (!lease && signals.first_end() != 0)
    return as_status(signals.exit_status());
  if (!lease)
    return lease.error();
  return leased_run{s, options, std::move(*lease)}.run(file, words, signals);
}

} // namespace

void add_gpu_run(CLI::App& group, context& ctx) {
  auto options = std::make_shared<leased_run_options>();
  auto& command = *group.add_subcommand("run", "Run the command behind -- under a lease");
  add_lease_options(command, options->lease);
  add_duration_option(command, "--grace", options->grace_s,
                      "Time between SIGTERM and SIGKILL when the lease is lost (default: 10)")
    .check(CLI::Range(0.0, 3'600.0));
  command.footer(gpu_run_examples);
  ctx.on(
    command, [options, &ctx](session& s) { return run(s, *options, ctx); }, context::trailing::required);
}

} // namespace hive::ctl
