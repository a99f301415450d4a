#include "actors/gpu/scheduler.hpp"

#include "actors/defaults.hpp"
#include "actors/gpu/gpu_slots.hpp"
#include "actors/gpu/lease_answers.hpp"
#include "actors/gpu/lease_evidence.hpp"
#include "actors/gpu/lease_history.hpp"
#include "actors/gpu/lease_processes.hpp"
#include "actors/gpu/lease_record.hpp"
#include "actors/gpu/lease_waiters.hpp"
#include "actors/gpu/ledger_clock.hpp"
#include "actors/gpu/sightings.hpp"
#include "actors/store/commit.hpp"
#include "gpu/gpu_names.hpp"
#include "messages/gpu_probe.capnp.h"
#include "messages/text.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <cmath>
#include <deque>
#include <functional>
#include <set>

namespace hive {
namespace {

using namespace std::chrono_literals;
using gpu::duration;
using gpu::instant;
using wire::LeaseState;

using due_atom = caf::atom_constant<caf::atom("due")>;
using waited_atom = caf::atom_constant<caf::atom("waited")>;

using scheduler_impl = gpu_scheduler_actor::extend<
  // The probe's reports.
  caf::reacts_to<msg<wire::GpuReport>>, caf::reacts_to<msg<wire::GpuUnknown>>,
  // internal: something in the ledger is due, or processes are to be looked at.
  caf::reacts_to<due_atom>,
  // internal: a request has waited for as long as its answer may.
  caf::reacts_to<waited_atom, uint64_t, uint64_t>>;

constexpr duration default_max_duration = 1h;

class scheduler_state {
public:
  static inline const char* name = "GPU scheduler";

  explicit scheduler_state(scheduler_impl::pointer self) : self_{self} {
  }

  ~scheduler_state() {
    waiters_.fail_all(fail(ec::unavailable, "the node's GPU scheduler has ended"));
  }

  scheduler_state(const scheduler_state&) = delete;
  scheduler_state& operator=(const scheduler_state&) = delete;

  caf::error init(gpu_scheduler_services services, gpu_scheduler_options options) {
    services_ = std::move(services);
    options_ = std::move(options);
    records_.emplace(options_.node.value, options_.keys);
    ledger_.emplace(options_.ledger);
    for (size_t i = 0; i < options_.simulated.size(); ++i)
      labels_["simulated-" + std::to_string(i)] = {options_.simulated[i].name, -1, "simulated"};
    if (auto failure = history_.open(services_.db))
      return failure;
    if (auto failure = restore())
      return failure;
    forget_devices("it has not been observed yet");
    if (services_.probe)
      self_->send(services_.probe, gpu_watch_atom::value,
                  caf::actor_cast<gpu_watcher_actor>(caf::strong_actor_ptr{self_->ctrl()}));
    return caf::none;
  }

  // -- requests -------------------------------------------------------------------

  caf::result<msg<wire::Lease>> request(const msg<wire::RequestLease>& asked) {
    auto until = asked->getWait() ? lease_waiters::until::granted : lease_waiters::until::stored;
    std::optional<process_stamp> process;
    if (asked->getPid() != 0) {
      auto found = stamp_of(asked->getPid());
      if (!found)
        return found.error();
      process = *found;
    }
    return take(asked, until, {}, std::move(process));
  }

  caf::result<msg<wire::Lease>> hold(const hold_lease& asked) {
    auto until = asked.request->getWait() ? lease_waiters::until::granted : lease_waiters::until::stored;
    return take(asked.request, until, asked.holder, {});
  }

  caf::result<msg<wire::Lease>> find(const msg<wire::LeaseQuery>& query) {
    auto id = lease_id_of(as_view(query->getId()));
    auto secret = as_view(query->getToken());
    const auto* found = id ? ledger_->find(*id) : nullptr;
    if (!found)
      return find_ended(id, as_view(query->getId()));
    auto record = describe(*found);
    if (!proves(*record, secret))
      return without_secrets(record);
    if (found->state == LeaseState::QUEUED)
      apply(gpu::events::polled{*id});
    return record;
  }

  caf::result<msg<wire::Lease>> renew(const msg<wire::RenewLease>& request) {
    auto id = lease_id_of(as_view(request->getId()));
    const auto* held = id ? ledger_->find(*id) : nullptr;
    if (!held)
      return unknown_lease(as_view(request->getId()));
    auto secret = as_view(request->getToken());
    bool is_named = request->getPid() != 0;
    bool is_proven = is_same_secret(secret, records_->token_text(*id, held->token));
    if (is_named && is_proven && held->state != LeaseState::ENDED)
      if (auto failure = name_process(*id, request->getPid(), secret))
        return failure;
    auto done = apply(gpu::events::renewed{*id, is_proven ? held->token : gpu::lease_token{}, request->getReady(),
                                           is_named && is_proven});
    if (done.refusal)
      return refusal(done, *id);
    return describe(*ledger_->find(*id));
  }

  caf::result<msg<wire::Lease>> release(const msg<wire::ReleaseLease>& request) {
    auto id = lease_id_of(as_view(request->getId()));
    const auto* held = id ? ledger_->find(*id) : nullptr;
    if (!held)
      return unknown_lease(as_view(request->getId()));
    auto secret = as_view(request->getToken());
    if (!secret.empty() && !proves(*describe(*held), secret))
      return fail(ec::forbidden, "the token is not that of lease " + to_text(*id));
    auto done = secret.empty() ? apply(gpu::events::revoked{*id, reason_of(*request), request->getNow()})
                               : apply(gpu::events::released{*id, held->token});
    if (done.refusal)
      return refusal(done, *id);
    if (!done.has_changed(*id))
      return describe(*ledger_->find(*id));
    auto promise = self_->make_response_promise<msg<wire::Lease>>();
    waiters_.add(*id, lease_waiters::until::given_back, promise);
    return promise;
  }

  // -- questions ------------------------------------------------------------------

  msg<wire::GpuList> devices() const {
    return list_devices(*ledger_, labels_, absence_);
  }

  msg<wire::LeaseList> list_leases() const {
    auto all = ledger_->held_leases();
    std::ranges::copy(ledger_->waiting_leases(), std::back_inserter(all));
    return msg<wire::LeaseList>::build([&](wire::LeaseList::Builder out) {
      auto leases = out.initLeases(static_cast<uint32_t>(all.size()));
      for (uint32_t i = 0; i < leases.size(); ++i)
        leases.setWithCaveats(i, *without_secrets(describe(*all[i])));
    });
  }

  caf::result<msg<wire::LeaseHistory>> list_history(const msg<wire::LeaseHistoryQuery>& query) const {
    auto page = history_.page(*query);
    if (!page)
      return page.error();
    return std::move(*page);
  }

  caf::result<msg<wire::LeaseExplanation>> why(const msg<wire::ExplainLease>& query) const {
    auto id = lease_id_of(as_view(query->getId()));
    const auto* found = id ? ledger_->find(*id) : nullptr;
    if (!found)
      return unknown_lease(as_view(query->getId()));
    return explain(*found, without_secrets(describe(*found)), *ledger_);
  }

  caf::result<msg<wire::GpuInfo>> clear(const msg<wire::ClearQuarantine>& request) {
    auto uuid = std::string{as_view(request->getUuid())};
    auto done = apply(gpu::events::cleared{uuid});
    if (done.refusal)
      return fail(done.refusal->code, done.refusal->text);
    log::info("GPU taken out of quarantine by an operator. gpu={}", uuid);
    auto devices = ledger_->devices();
    return msg<wire::GpuInfo>::build([&](wire::GpuInfo::Builder out) {
      describe_device(*ledger_, *std::ranges::find(devices, uuid, &gpu::device_account::uuid), labels_, out);
    });
  }

  // -- what happens ---------------------------------------------------------------

  void on_report(const msg<wire::GpuReport>& report) {
    absence_ = as_view(report->getFailure());
    for (auto each : report->getDevices())
      labels_[std::string{as_view(each.getUuid())}] = {
        name_of(each), std::isnan(each.getMinor()) ? -1 : static_cast<int32_t>(each.getMinor()),
        std::string{as_view(report->getDriver())}};
    check_processes();
    auto began = std::chrono::steady_clock::time_point{std::chrono::microseconds{report->getMonotonicUs()}};
    gpu::device_poll poll{report, {}, clock_.at(began)};
    auto lease_of = [&](uint32_t pid) {
      auto lease = processes_.lease_of(pid);
      if (lease)
        poll.owners[pid] = *lease;
      return lease;
    };
    auto seen = to_sightings(*report, lease_of, options_.island);
    evidence_.observe(std::move(poll));
    observe(std::move(seen), clock_.at(began));
  }

  void on_unknown(const msg<wire::GpuUnknown>& why) {
    forget_devices(std::string{as_view(why->getReason())});
  }

  void on_due() {
    is_ticking_ = false;
    for (auto id : std::exchange(without_holder_, {})) // nobody is known who could be seen to end
      apply(gpu::events::processes_ended{id});
    check_processes();
    apply(gpu::events::ticked{});
  }

  void on_waited(uint64_t id, uint64_t number) {
    if (const auto* found = ledger_->find(lease_id{id}))
      waiters_.give_up({id}, number, describe(*found));
  }

  void on_down(const caf::down_msg& down) {
    for (auto id : processes_.held_by(down.source))
      apply(gpu::events::holder_ended{id});
  }

  void share(const sharing_started& with) {
    publisher_ = with.publisher;
    published_.clear();
    publish();
  }

private:
  /// What an event led to, for its sender.
  struct consequence {
    std::optional<gpu::output> refusal;
    lease_id accepted;
    std::vector<lease_id> changed;

    bool has_changed(lease_id id) const {
      return std::ranges::find(changed, id) != changed.end();
    }
  };

  // -- start ----------------------------------------------------------------------

  caf::error restore() {
    auto open = lease_store{*services_.db}.open();
    if (!open)
      return open.error();
    auto latest = history_.latest();
    for (const auto& record : *open)
      latest = std::max({latest, instant{record->getRequestedAt()}, instant{record->getGrantedAt()}});
    clock_.start(latest);
    for (const auto& record : *open) {
      auto restored = lease_records::restore(*record);
      if (!restored)
        return restored.error();
      auto id = restored->what.id;
      auto extras = lease_records::extras_of(*record);
      bool is_over = extras.local || (extras.process && !is_alive(*extras.process));
      if (extras.process)
        processes_.name(id, *extras.process);
      extras_[id] = std::move(extras);
      processes_.expect(id, records_->token_text(id, restored->what.token));
      log::info("GPU lease of an earlier start of the node {}. lease={} holder={}", is_over ? "ends" : "goes on",
                to_text(id), restored->what.asked.holder);
      apply(std::move(*restored));
      if (is_over) {
        apply(gpu::events::processes_ended{id});
        apply(gpu::events::holder_ended{id});
      }
    }
    return caf::none;
  }

  // -- time -----------------------------------------------------------------------

  void schedule_tick() {
    auto due = ledger_->next_deadline();
    if (processes_.has_named() || !ended_processes_.empty())
      due = std::min(due.value_or(instant::max()), clock_.now() + duration{defaults::lease_process_check});
    if (!due || (is_ticking_ && *due >= ticks_at_))
      return;
    is_ticking_ = true;
    ticks_at_ = *due;
    self_->delayed_send(self_, std::max<duration>(*due - clock_.now(), 1ms), due_atom::value);
  }

  /// While memory is to come back, the probe looks for it often.
  void set_pace() {
    bool is_waiting = std::ranges::any_of(ledger_->held_leases(),
                                          [](const gpu::lease* each) { return each->state > LeaseState::ACTIVE; });
    if (!services_.probe || std::exchange(is_hurried_, is_waiting) == is_waiting)
      return;
    auto interval = is_waiting ? options_.drain_interval : options_.poll_interval;
    self_->send(services_.probe, gpu_pace_atom::value, static_cast<uint32_t>(interval.count()));
  }

  // -- requests -------------------------------------------------------------------

  caf::result<msg<wire::Lease>> take(const msg<wire::RequestLease>& asked, lease_waiters::until until,
                                     const lease_holder_actor& holder, std::optional<process_stamp> process) {
    auto request = to_ledger(*asked, default_max_duration);
    bool is_declared = asked->getMaxDurationS() > 0;
    auto usual = is_declared ? std::nullopt : history_.declare(request.holder);
    if (usual)
      request.max_duration = *usual;
    if (holder)
      request.patience = duration{0}; // it waits until it ends
    auto done = apply(gpu::events::requested{request}, [&](lease_id id) {
      extras_[id] = {request.key, usual.has_value(), bool{holder}, process};
      if (holder)
        processes_.hold(id, holder);
      if (process)
        processes_.name(id, *process);
    });
    if (done.refusal)
      return refusal_of_request(done);
    if (holder)
      self_->monitor(holder);
    auto id = done.accepted;
    auto promise = self_->make_response_promise<msg<wire::Lease>>();
    const auto* found = ledger_->find(id);
    if (found->state == LeaseState::ACTIVE || found->state == LeaseState::ENDED) {
      promise.deliver(describe(*found));
      return promise;
    }
    auto number = waiters_.add(id, until, promise);
    if (until == lease_waiters::until::stored && !done.has_changed(id) && found->state == LeaseState::QUEUED)
      waiters_.on_stored(id, describe(*found));
    if (!holder)
      self_->delayed_send(self_, defaults::longest_lease_wait, waited_atom::value, id.value, number);
    return promise;
  }

  caf::error refusal_of_request(const consequence& done) const {
    bool knows_none = done.refusal->code == ec::unsupported && ledger_->devices().empty();
    if (knows_none && !absence_.empty())
      return fail(ec::unsupported, "no GPU of this node can be leased: " + absence_);
    return fail(done.refusal->code, done.refusal->text);
  }

  caf::error refusal(const consequence& done, lease_id id) const {
    return fail(done.refusal->code, "lease " + to_text(id) + ": " + done.refusal->text);
  }

  static caf::error unknown_lease(std::string_view id) {
    return fail(ec::not_found, "no GPU lease " + std::string{id});
  }

  caf::result<msg<wire::Lease>> find_ended(std::optional<lease_id> id, std::string_view text) const {
    if (!id)
      return unknown_lease(text);
    auto ended = history_.find(*id);
    if (!ended)
      return ended.error();
    if (!*ended)
      return unknown_lease(text);
    return **ended;
  }

  static std::string reason_of(wire::ReleaseLease::Reader request) {
    return request.getReason().size() > 0 ? std::string{as_view(request.getReason())} : "taken away by an operator";
  }

  /// Only a process that was started with the token may be named, since it may be killed.
  caf::error name_process(lease_id id, uint32_t pid, std::string_view token) {
    auto stamp = stamp_of(pid);
    if (!stamp)
      return stamp.error();
    if (environment_of(pid, "HIVE_LEASE_TOKEN") != token)
      return fail(ec::forbidden, "process " + std::to_string(pid) +
                                   " was not started with the lease's token as HIVE_LEASE_TOKEN, or the node may not "
                                   "read its environment");
    extras_[id].process = *stamp;
    processes_.name(id, *stamp);
    return caf::none;
  }

  // -- the ledger -------------------------------------------------------------------

  /// Applies an event and carries out what follows. `accepted` is called before anything of the request is written.
  consequence apply(const gpu::event& what, const std::function<void(lease_id)>& accepted = {}) {
    consequence out;
    for (auto& each : std::vector{ledger_->apply(what, clock_.now())}) {
      switch (each.what) {
      case gpu::output::kind::accepted:
        out.accepted = each.id;
        if (accepted && !extras_.contains(each.id) && is_open(each.id))
          accepted(each.id);
        break;
      case gpu::output::kind::refused:
        out.refusal = std::move(each);
        break;
      case gpu::output::kind::changed:
        if (!out.has_changed(each.id))
          out.changed.push_back(each.id);
        break;
      case gpu::output::kind::ask:
        processes_.ask(each.id, each.text);
        break;
      case gpu::output::kind::kill:
        end_by_force(each.id);
        break;
      case gpu::output::kind::device:
        on_device_changed(each.text);
        break;
      }
    }
    evidence_.follow(*ledger_, [this](const gpu::lease& what) {
      return records_->describe_run(what, *ledger_, extras_of(what), labels_);
    });
    write(out.changed);
    schedule_tick();
    set_pace();
    publish();
    return out;
  }

  bool is_open(lease_id id) const {
    const auto* found = ledger_->find(id);
    return found && found->state != LeaseState::ENDED;
  }

  lease_extras extras_of(const gpu::lease& what) const {
    auto extras = extras_.find(what.id);
    return extras == extras_.end() ? lease_extras{what.asked.key, {}, {}, {}} : extras->second;
  }

  msg<wire::Lease> describe(const gpu::lease& what) const {
    return records_->describe(what, *ledger_, extras_of(what), labels_, evidence_.find(what.id, ledger_->now()));
  }

  /// Stores how these leases are now, with those whose last write failed, and goes on once that is durable.
  void write(const std::vector<lease_id>& changed) {
    unwritten_.insert(changed.begin(), changed.end());
    if (unwritten_.empty())
      return;
    write_set writes;
    std::vector<msg<wire::Lease>> records;
    for (auto id : std::exchange(unwritten_, {})) {
      const auto* found = ledger_->find(id);
      if (!found)
        continue;
      records.push_back(describe(*found));
      lease_store::put(writes, id, records.back());
      if (found->state == LeaseState::ACTIVE)
        on_active(*found, records.back());
      else if (found->state == LeaseState::ENDED)
        on_ended(*found, writes);
    }
    commit(self_, services_.committer, std::move(writes))
      .then([this, records](const committed&) { on_written(records); },
            [this, records](const caf::error& why) { on_write_failed(records, why); });
  }

  /// Its grant is on disk, so that nobody has to wait for what else is written.
  void on_active(const gpu::lease& held, const msg<wire::Lease>& record) {
    processes_.expect(held.id, records_->token_text(held.id, held.token));
    waiters_.on_stored(held.id, record);
  }

  void on_ended(const gpu::lease& ended, write_set& writes) {
    history_.add(ended, writes);
    extras_.erase(ended.id);
    processes_.forget(ended.id);
  }

  void on_written(const std::vector<msg<wire::Lease>>& records) {
    for (const auto& record : records) {
      auto id = *lease_id_of(as_view(record->getId()));
      if (services_.events)
        self_->send(services_.events, lease_event(*record));
      log_transition(*record);
      waiters_.on_stored(id, record);
      const auto* found = ledger_->find(id);
      if (record->getState() != LeaseState::RESERVED || !found || found->state != LeaseState::RESERVED)
        continue;
      auto token = found->token; // the lease may be gone after the event
      apply(gpu::events::stored{id});
      if (processes_.has_named(id))
        apply(gpu::events::renewed{id, token, false, true});
    }
  }

  void on_write_failed(const std::vector<msg<wire::Lease>>& records, const caf::error& why) {
    log::warn("GPU leases not stored: {}", text_of(why));
    for (const auto& record : records) // the next event writes them again
      unwritten_.insert(*lease_id_of(as_view(record->getId())));
    for (const auto& record : records) {
      auto id = *lease_id_of(as_view(record->getId()));
      waiters_.fail(id, why);
      if (record->getState() == LeaseState::RESERVED)
        apply(gpu::events::not_stored{id, text_of(why)});
      else if (record->getState() == LeaseState::QUEUED)
        apply(gpu::events::holder_ended{id}); // whoever asked has the error
    }
  }

  // -- processes and devices ----------------------------------------------------------

  /// Whoever started the processes has a moment to give the lease back himself.
  void check_processes() {
    for (auto id : processes_.take_ended()) {
      apply(gpu::events::processes_ended{id});
      ended_processes_.emplace_back(id, clock_.now() + duration{defaults::lease_process_check});
    }
    while (!ended_processes_.empty() && ended_processes_.front().second <= clock_.now()) {
      auto id = ended_processes_.front().first;
      ended_processes_.pop_front();
      apply(gpu::events::holder_ended{id});
    }
  }

  void end_by_force(lease_id id) {
    if (processes_.kill(id))
      return;
    without_holder_.push_back(id);
    self_->send(self_, due_atom::value);
  }

  void observe(std::vector<gpu::sighting> seen, instant taken_at, bool is_complete = true) {
    for (size_t i = 0; i < options_.simulated.size(); ++i)
      seen.push_back(
        {.uuid = "simulated-" + std::to_string(i), .total = options_.simulated[i].vram_mib, .simulated = true});
    apply(gpu::events::observed{std::move(seen), taken_at, is_complete});
  }

  /// Nothing is known of the real devices.
  void forget_devices(std::string why) {
    absence_ = std::move(why);
    std::vector<gpu::sighting> seen;
    for (const auto& each : ledger_->devices())
      if (!each.simulated())
        seen.push_back(
          {.uuid = each.uuid(), .island = each.island(), .state = wire::GpuAvailability::UNKNOWN, .reason = absence_});
    observe(std::move(seen), clock_.now(), false);
  }

  void on_device_changed(const std::string& uuid) {
    auto devices = ledger_->devices();
    auto found = std::ranges::find(devices, uuid, &gpu::device_account::uuid);
    if (found == devices.end())
      return;
    auto reason = found->reason_at(ledger_->now(), ledger_->options());
    if (reason.empty())
      log::info("GPU available for leases. gpu={}", uuid);
    else
      log::warn("GPU not available for leases: {}. gpu={}", reason, uuid);
    if (services_.events)
      self_->send(services_.events, gpu_event(*ledger_, *found));
  }

  void publish() {
    if (!publisher_)
      return;
    auto slots = gpus_to_publish(*ledger_);
    if (slots.payloads == published_)
      return;
    published_ = slots.payloads;
    self_->send(publisher_, std::move(slots));
  }

  scheduler_impl::pointer self_;
  gpu_scheduler_services services_;
  gpu_scheduler_options options_;
  std::optional<lease_records> records_;
  std::optional<gpu::ledger> ledger_;
  lease_history history_;
  lease_waiters waiters_;
  lease_processes processes_;
  lease_evidence evidence_;
  std::map<lease_id, lease_extras> extras_;
  std::set<lease_id> unwritten_; ///< leases whose last write failed
  device_labels labels_;
  std::string absence_; ///< why there may be no device
  slot_publisher_actor publisher_;
  std::map<std::string, std::string> published_;
  ledger_clock clock_;
  bool is_ticking_ = false;
  instant ticks_at_{0};
  bool is_hurried_ = false;
  std::deque<std::pair<lease_id, instant>> ended_processes_; ///< and when their holders count as ended
  std::vector<lease_id> without_holder_;                     ///< to be killed, and nothing of them is known that can be
};

scheduler_impl::behavior_type scheduler(scheduler_impl::stateful_pointer<scheduler_state> self,
                                        gpu_scheduler_services services, gpu_scheduler_options options) {
  auto& state = self->state;
  self->set_down_handler([self](const caf::down_msg& down) { self->state.on_down(down); });
  if (auto failure = state.init(std::move(services), std::move(options)))
    self->quit(std::move(failure));
  return {[self](const msg<wire::GpuQuery>&) { return self->state.devices(); },
          [self](const msg<wire::RequestLease>& asked) { return self->state.request(asked); },
          [self](const hold_lease& asked) { return self->state.hold(asked); },
          [self](const msg<wire::LeaseQuery>& query) { return self->state.find(query); },
          [self](const msg<wire::LeaseListQuery>&) { return self->state.list_leases(); },
          [self](const msg<wire::LeaseHistoryQuery>& query) { return self->state.list_history(query); },
          [self](const msg<wire::ExplainLease>& query) { return self->state.why(query); },
          [self](const msg<wire::RenewLease>& request) { return self->state.renew(request); },
          [self](const msg<wire::ReleaseLease>& request) { return self->state.release(request); },
          [self](const msg<wire::ClearQuarantine>& request) { return self->state.clear(request); },
          [self](const sharing_started& with) { self->state.share(with); },
          [self](const msg<wire::GpuReport>& report) { self->state.on_report(report); },
          [self](const msg<wire::GpuUnknown>& why) { self->state.on_unknown(why); },
          [self](due_atom) { self->state.on_due(); },
          [self](waited_atom, uint64_t id, uint64_t number) { self->state.on_waited(id, number); }};
}

} // namespace

gpu_scheduler_actor spawn_gpu_scheduler(caf::actor_system& system, gpu_scheduler_services services,
                                        gpu_scheduler_options options) {
  return system.spawn(scheduler, std::move(services), std::move(options));
}

} // namespace hive
