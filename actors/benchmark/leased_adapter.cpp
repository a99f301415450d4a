#include "actors/benchmark/leased_adapter.hpp"

#include "actors/benchmark/command_adapter.hpp"
#include "actors/process/child_process.hpp"
#include "gpu/evidence/device_report.hpp"
#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <map>
#include <optional>

namespace hive {
namespace {

using std::chrono::milliseconds;

// internal: renews the lease.
using renew_atom = caf::atom_constant<caf::atom("renew")>;
// internal: no device was free in time.
using give_up_atom = caf::atom_constant<caf::atom("giveup")>;

/// One measurement: holds its lease, and ends with it.
using leased_run_actor =
  caf::typed_actor<caf::replies_to<msg<wire::MeasureRequest>>::with<msg<wire::Measurement>>,
                   caf::reacts_to<lease_revoked>, caf::reacts_to<renew_atom>, caf::reacts_to<give_up_atom>>;

/// A command's answer, after its own limit and that of the adapter which runs it.
constexpr milliseconds answer_slack = defaults::adapter_grace;
/// For the scheduler to answer, which may have to wait for the disk.
constexpr milliseconds scheduler_timeout{30'000};

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& each : words)
    out += (out.empty() ? "" : ",") + each;
  return out;
}

lease_grant describe(wire::Lease::Reader lease) {
  lease_grant out;
  std::vector<std::string> visible;
  for (auto device : lease.getDevices()) {
    out.simulated = out.simulated || device.getSimulated();
    if (!device.getSimulated())
      visible.emplace_back(as_view(device.getUuid()));
    if (device.getMinorNumber() >= 0)
      out.minor_numbers.push_back(static_cast<uint32_t>(device.getMinorNumber()));
  }
  out.environment = {{"CUDA_VISIBLE_DEVICES", join(visible)},
                     {"HIVE_LEASE_ID", std::string{as_view(lease.getId())}},
                     {"HIVE_LEASE_TOKEN", std::string{as_view(lease.getToken())}}};
  return out;
}

msg<wire::Measurement> skipped(const std::string& why) {
  return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) { out.setSkipped(why); });
}

class leased_run_state {
public:
  static inline const char* name = "leased run";

  explicit leased_run_state(leased_run_actor::pointer self) : self_{self} {
  }

  void configure(leased_adapter_services services, leased_plan plan, const adapter_actor& adapter) {
    services_ = std::move(services);
    plan_ = std::move(plan);
    self_->monitor(adapter);
    self_->set_down_handler([this](const caf::down_msg&) { end(fail(ec::unavailable, "the adapter has ended")); });
  }

  caf::result<msg<wire::Measurement>> measure(const msg<wire::MeasureRequest>& request) {
    request_ = request;
    promise_ = self_->make_response_promise<msg<wire::Measurement>>();
    self_->delayed_send(self_, plan_.wait, give_up_atom::value);
    self_
      ->request(services_.scheduler, caf::infinite,
                hold_lease{wanted(), caf::actor_cast<lease_holder_actor>(caf::strong_actor_ptr{self_->ctrl()})})
      .then([this](const msg<wire::Lease>& lease) { on_lease(lease); },
            [this](const caf::error& why) { on_refused(why); });
    return promise_;
  }

  void on_revoked(const lease_revoked& what) {
    if (lease_)
      end(fail(ec::unavailable, "its GPU lease " + what.id + " was taken away: " + what.reason));
  }

  void renew() {
    if (!lease_)
      return;
    auto renewal = msg<wire::RenewLease>::build([&](wire::RenewLease::Builder out) {
      out.setId((*lease_)->getId());
      out.setToken((*lease_)->getToken());
      out.setReady(true);
    });
    self_->request(services_.scheduler, scheduler_timeout, renewal)
      .then([this](const msg<wire::Lease>&) { renew_later(); },
            [this](const caf::error& why) {
              if (lease_)
                end(fail(ec::unavailable, "its GPU lease was lost: " + hive::text_of(why)));
            });
  }

  void give_up() {
    if (lease_ || is_over_)
      return;
    end(fail(ec::timed_out, "no GPU was free within " + std::to_string(plan_.wait.count() / 1000) + " s"));
  }

private:
  msg<wire::RequestLease> wanted() const {
    return msg<wire::RequestLease>::build([&](wire::RequestLease::Builder out) {
      out.setVramGb(plan_.vram_gb);
      out.setHolder(plan_.name);
      out.setDevices(plan_.devices);
      out.setShared(!plan_.timed);
      out.setTimed(plan_.timed);
    });
  }

  void on_refused(const caf::error& why) {
    if (code_of(why) == ec::unsupported)
      return answer(skipped(hive::text_of(why)));
    end(fail(code_of(why), "no GPU lease: " + hive::text_of(why)));
  }

  void on_lease(const msg<wire::Lease>& lease) {
    if (is_over_)
      return; // nobody waits: the scheduler sees this actor end
    if (lease->getState() == wire::LeaseState::ENDED)
      return on_ended_in_queue(*lease);
    lease_ = lease;
    auto grant = describe(*lease);
    if (grant.simulated && !plan_.runs_simulated)
      return answer(skipped("it has no reference for simulated GPUs"));
    renew_later();
    report_bandwidth(grant, [this, grant](std::string before) {
      bandwidth_before_ = std::move(before);
      run(grant);
    });
  }

  void on_ended_in_queue(wire::Lease::Reader lease) {
    if (lease.getOutcome() == wire::LeaseOutcome::INFEASIBLE)
      return answer(skipped(std::string{as_view(lease.getReason())}));
    end(fail(ec::unavailable, "its request for a GPU has ended: " + std::string{as_view(lease.getReason())}));
  }

  void renew_later() {
    if (lease_)
      self_->delayed_send(
        self_, std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>{(*lease_)->getTtlS() / 3}),
        renew_atom::value);
  }

  /// Measures the device's bandwidth with a program, whose failure is part of the evidence.
  void report_bandwidth(const lease_grant& grant, std::function<void(std::string)> done) {
    if (grant.simulated || plan_.report_program.empty())
      return done({});
    auto command = msg<wire::RunCommand>::build([&](wire::RunCommand::Builder out) {
      out.initCommand(1).set(0, plan_.report_program.c_str());
      auto environment = out.initEnvironment(static_cast<uint32_t>(grant.environment.size()));
      for (uint32_t i = 0; i < environment.size(); ++i) {
        environment[i].setName(grant.environment[i].first);
        environment[i].setValue(grant.environment[i].second);
      }
      out.setTimeoutS(std::chrono::duration<double>(defaults::gpu_report_timeout).count());
    });
    self_->request(services_.runner, defaults::gpu_report_timeout + answer_slack, command)
      .then(
        [this, done](const msg<wire::RunResult>& result) {
          auto chars = result->getStdout().asChars();
          if (!is_over_)
            done(std::string{chars.begin(), chars.size()});
        },
        [this, done](const caf::error&) {
          if (!is_over_)
            done({});
        });
  }

  /// The command runs in an actor that ends with this one, and with which its processes end.
  void run(const lease_grant& grant) {
    auto plan = plan_.plan(grant);
    plan.timeout = plan_.timeout;
    inner_ = spawn_run_adapter(self_->system(), {services_.runner}, std::move(plan));
    self_->link_to(inner_);
    self_->request(inner_, plan_.timeout + answer_slack, request_)
      .then(
        [this, grant](const msg<wire::Measurement>& measured) {
          report_bandwidth(grant, [this, measured](std::string after) { give_back(measured, after); });
        },
        [this](const caf::error& why) { end(why); });
  }

  /// A result counts only if the lease was held to its end: releasing it with its token shows that.
  void give_back(const msg<wire::Measurement>& measured, const std::string& bandwidth_after) {
    auto held = *std::exchange(lease_, std::nullopt);
    self_->request(services_.scheduler, scheduler_timeout, release_of(*held))
      .then(
        [this, measured, bandwidth_after](const msg<wire::Lease>& released) {
          if (released->getOutcome() != wire::LeaseOutcome::RELEASED)
            return end(fail(ec::unavailable, "its GPU lease was lost: " + std::string{as_view(released->getReason())}));
          answer(with_evidence(measured, *released, bandwidth_after));
        },
        [this](const caf::error& why) { end(fail(ec::unavailable, "its GPU lease was lost: " + hive::text_of(why))); });
  }

  msg<wire::Measurement> with_evidence(const msg<wire::Measurement>& measured, wire::Lease::Reader lease,
                                       const std::string& bandwidth_after) const {
    auto evidence = msg<wire::RunEvidence>::copy_of(lease.getEvidence());
    if (!bandwidth_before_.empty() || !bandwidth_after.empty())
      evidence = gpu::add_bandwidth(evidence, bandwidth_before_, bandwidth_after);
    return changed(measured, [&](wire::Measurement::Builder out) { out.setEvidence(*evidence); });
  }

  void answer(msg<wire::Measurement> with) {
    promise_.deliver(std::move(with));
    finish();
  }

  void end(caf::error why) {
    if (promise_.pending())
      promise_.deliver(std::move(why));
    finish();
  }

  /// Gives back what is still held: whoever gave this actor's lease sees the message before the end.
  void finish() {
    is_over_ = true;
    if (inner_)
      self_->send_exit(inner_, caf::exit_reason::user_shutdown);
    if (lease_)
      caf::anon_send(services_.scheduler, release_of(**lease_));
    self_->quit();
  }

  static msg<wire::ReleaseLease> release_of(wire::Lease::Reader lease) {
    return msg<wire::ReleaseLease>::build([&](wire::ReleaseLease::Builder out) {
      out.setId(lease.getId());
      out.setToken(lease.getToken());
    });
  }

  leased_run_actor::pointer self_;
  leased_adapter_services services_;
  leased_plan plan_;
  msg<wire::MeasureRequest> request_;
  caf::typed_response_promise<msg<wire::Measurement>> promise_;
  std::optional<msg<wire::Lease>> lease_; ///< while it is held
  adapter_actor inner_;
  std::string bandwidth_before_;
  bool is_over_ = false;
};

leased_run_actor::behavior_type leased_run(leased_run_actor::stateful_pointer<leased_run_state> self,
                                           leased_adapter_services services, leased_plan plan,
                                           const adapter_actor& adapter) {
  self->state.configure(std::move(services), std::move(plan), adapter);
  return {[self](const msg<wire::MeasureRequest>& request) { return self->state.measure(request); },
          [self](const lease_revoked& what) { self->state.on_revoked(what); },
          [self](renew_atom) { self->state.renew(); }, [self](give_up_atom) { self->state.give_up(); }};
}

/// Each measurement has an actor of its own, which the scheduler may end.
class leased_adapter_state {
public:
  static inline const char* name = "leased adapter";

  explicit leased_adapter_state(adapter_actor::pointer self) : self_{self} {
  }

  ~leased_adapter_state() {
    for (auto& [run, promise] : running_)
      promise.deliver(fail(ec::unavailable, "the adapter has ended"));
  }

  leased_adapter_state(const leased_adapter_state&) = delete;
  leased_adapter_state& operator=(const leased_adapter_state&) = delete;

  void configure(leased_adapter_services services, leased_plan plan) {
    services_ = std::move(services);
    plan_ = std::move(plan);
    self_->set_down_handler([this](const caf::down_msg& down) {
      settle(down.source, fail(ec::unavailable, "it was ended by force, because its GPU lease was over"));
    });
  }

  caf::result<msg<wire::Measurement>> measure(const msg<wire::MeasureRequest>& request) {
    if (auto why = plan_.unavailable_reason ? plan_.unavailable_reason() : std::string{}; !why.empty())
      return skipped(why);
    if (running_.size() >= defaults::max_concurrent_captures)
      return fail(ec::busy, plan_.name + " measures already, as often as it may at a time");
    auto promise = self_->make_response_promise<msg<wire::Measurement>>();
    auto run = self_->system().spawn(leased_run, services_, plan_, adapter_actor{self_});
    running_.emplace(run.address(), promise);
    self_->monitor(run);
    self_->request(run, caf::infinite, request)
      .then([this, at = run.address()](const msg<wire::Measurement>& measured) { settle(at, measured); },
            [this, at = run.address()](const caf::error& why) { settle(at, why); });
    return promise;
  }

private:
  void settle(const caf::actor_addr& run, caf::expected<msg<wire::Measurement>> with) {
    auto found = running_.find(run);
    if (found == running_.end())
      return;
    auto promise = found->second;
    running_.erase(found);
    if (with)
      promise.deliver(std::move(*with));
    else
      promise.deliver(std::move(with.error()));
  }

  adapter_actor::pointer self_;
  leased_adapter_services services_;
  leased_plan plan_;
  std::map<caf::actor_addr, caf::typed_response_promise<msg<wire::Measurement>>> running_;
};

adapter_actor::behavior_type leased_adapter(adapter_actor::stateful_pointer<leased_adapter_state> self,
                                            leased_adapter_services services, leased_plan plan) {
  self->set_default_handler(caf::drop); // an engine that spawned it may send it any message
  self->state.configure(std::move(services), std::move(plan));
  return {[self](const msg<wire::MeasureRequest>& request) { return self->state.measure(request); }};
}

} // namespace

leased_plan leased_plan_of_command(const msg<wire::CommandSpec>& spec) {
  leased_plan out;
  out.name = as_view(spec->getName());
  out.vram_gb = std::max(out.vram_gb, spec->getMinVramGb());
  out.timeout = process_timeout(spec->getTimeoutS());
  out.plan = [spec](const lease_grant& grant) {
    auto plan = plan_of_command(spec);
    plan.environment.insert(plan.environment.end(), grant.environment.begin(), grant.environment.end());
    return plan;
  };
  return out;
}

adapter_actor spawn_leased_adapter(caf::actor_system& system, leased_adapter_services services, leased_plan plan) {
  return system.spawn(leased_adapter, std::move(services), std::move(plan));
}

} // namespace hive
