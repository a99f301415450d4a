#include "actors/benchmark/worker_pool.hpp"

#include "actors/benchmark/given_result.hpp"
#include "actors/benchmark/snapshots/samples.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <sodium/randombytes.h>

namespace hive {
namespace {

using clock = work_ledger::clock;
// internal: something in the ledger is due.
using due_atom = caf::atom_constant<caf::atom("due")>;
using worker_pool_impl = worker_pool_actor::extend<caf::reacts_to<due_atom>>;

/// Ids of workers and of leases are capabilities: whoever names one may act for it.
std::string random_id() {
  std::array<uint8_t, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return to_hex(bytes);
}

double seconds(clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

clock::duration from_seconds(double time) {
  return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(time));
}

class worker_pool_state {
public:
  static inline const char* name = "worker pool";

  explicit worker_pool_state(worker_pool_impl::pointer self) : self_{self} {
  }

  ~worker_pool_state() {
    auto stopped = fail(ec::unavailable, "the node's worker pool has ended");
    for (auto& [_, promise] : polls_)
      promise.deliver(stopped);
    for (auto& [_, open] : jobs_)
      open.promise.deliver(stopped);
    if (options_.presence)
      options_.presence->set({});
  }

  worker_pool_state(const worker_pool_state&) = delete;
  worker_pool_state& operator=(const worker_pool_state&) = delete;

  void configure(worker_pool_options options) {
    options_ = std::move(options);
    ledger_ = work_ledger{options_.ledger, random_id};
  }

  caf::result<msg<wire::WorkerRegistered>> add_worker(const msg<wire::RegisterWorker>& request) {
    std::set<std::string> adapters;
    for (auto adapter : request->getAdapters())
      adapters.emplace(as_view(adapter.getName()));
    auto count = adapters.size();
    auto id = ledger_.add_worker(std::move(adapters), clock::now());
    settle({});
    if (!id)
      return id.error();
    log::info("Worker registered. label={} adapters={}", as_view(request->getLabel()), count);
    return msg<wire::WorkerRegistered>::build([&](wire::WorkerRegistered::Builder out) {
      out.setWorker(*id);
      out.setLeaseS(seconds(options_.ledger.lease));
    });
  }

  caf::result<msg<wire::WorkerName>> remove_worker(const msg<wire::WorkerName>& request) {
    work_ledger::effects effects;
    auto failure = ledger_.remove_worker(std::string{as_view(request->getWorker())}, clock::now(), effects);
    settle(std::move(effects));
    if (failure)
      return failure;
    return request;
  }

  caf::result<msg<wire::WorkOffer>> poll(const msg<wire::WorkQuery>& query) {
    work_ledger::effects effects;
    auto now = clock::now();
    auto id =
      ledger_.poll(std::string{as_view(query->getWorker())}, now + from_seconds(query->getWait()), now, effects);
    if (!id)
      return id.error();
    auto promise = self_->make_response_promise<msg<wire::WorkOffer>>();
    polls_.emplace(*id, promise);
    settle(std::move(effects));
    return promise;
  }

  caf::result<msg<wire::Recorded>> answer(const msg<wire::WorkResult>& result) {
    auto read = read_worked(*result);
    if (!read && code_of(read.error()) == ec::invalid)
      return read.error();
    work_ledger::effects effects;
    auto answered = ledger_.answer(std::string{as_view(result->getId())}, clock::now(), effects);
    if (answered)
      add(*answered, std::move(read));
    settle(std::move(effects));
    if (!answered)
      return answered.error();
    return msg<wire::Recorded>::build([](wire::Recorded::Builder out) { out.setRecorded(1); });
  }

  caf::result<msg<wire::WorkRenewed>> renew(const msg<wire::WorkId>& work) {
    auto lasts = ledger_.renew(std::string{as_view(work->getId())}, clock::now());
    settle({});
    if (!lasts)
      return lasts.error();
    return msg<wire::WorkRenewed>::build([&](wire::WorkRenewed::Builder out) {
      out.setId(work->getId());
      out.setLeaseS(seconds(*lasts));
    });
  }

  caf::result<msg<wire::Measurement>> measure(const msg<wire::WorkerMeasure>& request) {
    auto now = clock::now();
    auto repeats = std::max<uint32_t>(1, request->getRequest().getRepeats());
    work_ledger::job job{std::string{as_view(request->getAdapter())}, repeats,
                         now + from_seconds(request->getTimeoutS())};
    work_ledger::effects effects;
    auto id = ledger_.offer(std::move(job), now, effects);
    if (!id && code_of(id.error()) == ec::no_data)
      return skipped(id.error());
    if (!id)
      return id.error();
    auto promise = self_->make_response_promise<msg<wire::Measurement>>();
    jobs_.emplace(*id, open_job{request, promise, {}});
    settle(std::move(effects));
    return promise;
  }

  void on_due() {
    ticking_ = false;
    settle({});
  }

private:
  struct open_job {
    msg<wire::WorkerMeasure> request;
    caf::typed_response_promise<msg<wire::Measurement>> promise;
    std::vector<msg<wire::Measurement>> taken;
  };

  static msg<wire::Measurement> skipped(const caf::error& why) {
    return msg<wire::Measurement>::build([&](wire::Measurement::Builder out) { out.setSkipped(text_of(why)); });
  }

  /// Adds a run's result to its job, and ends the job with its last run or its first error.
  void add(const work_ledger::answered& run, caf::expected<msg<wire::Measurement>> read) {
    auto& open = jobs_.at(run.job);
    if (!read)
      return end(run.job, std::move(read));
    open.taken.push_back(std::move(*read));
    if (run.was_last)
      end(run.job, merge_repeats(as_view(open.request->getAdapter()), open.taken));
  }

  void end(work_ledger::job_id job, caf::expected<msg<wire::Measurement>> with) {
    ledger_.cancel(job, clock::now());
    auto promise = jobs_.at(job).promise;
    jobs_.erase(job);
    if (with)
      promise.deliver(std::move(*with));
    else
      promise.deliver(std::move(with.error()));
  }

  /// Delivers what the ledger decided, including what is due by now, and sets the timer for what is due next.
  void settle(work_ledger::effects effects) {
    auto now = clock::now();
    ledger_.expire(now, effects);
    for (auto& failed : effects.failed)
      if (jobs_.contains(failed.job)) {
        bool unserved = code_of(failed.reason) == ec::no_data;
        end(failed.job, unserved ? caf::expected<msg<wire::Measurement>>{skipped(failed.reason)} : failed.reason);
      }
    for (const auto& answer : effects.polls)
      answer_poll(answer);
    options_.presence->set(ledger_.served_until());
    auto due = ledger_.next_due();
    if (!due || (ticking_ && *due >= ticks_at_))
      return;
    ticking_ = true;
    ticks_at_ = *due;
    self_->delayed_send(self_, std::max<clock::duration>(*due - now, std::chrono::milliseconds{1}), due_atom::value);
  }

  void answer_poll(const work_ledger::poll_answer& answer) {
    auto promise = polls_.at(answer.poll);
    polls_.erase(answer.poll);
    auto job = jobs_.find(answer.job);
    promise.deliver(job == jobs_.end() ? msg<wire::WorkOffer>{} : describe(answer, job->second));
  }

  msg<wire::WorkOffer> describe(const work_ledger::poll_answer& answer, const open_job& job) const {
    return msg<wire::WorkOffer>::build([&](wire::WorkOffer::Builder out) {
      auto work = out.initWork();
      auto request = job.request->getRequest();
      work.setId(answer.lease);
      work.setAdapter(job.request->getAdapter());
      work.setVersion(request.getVersion());
      work.setCaptureId(request.getCaptureId());
      work.setRun(answer.run);
      work.setRepeats(std::max<uint32_t>(1, request.getRepeats()));
      work.setLeaseS(seconds(options_.ledger.lease));
    });
  }

  worker_pool_impl::pointer self_;
  worker_pool_options options_;
  work_ledger ledger_{{}, random_id};
  std::map<work_ledger::poll_id, caf::typed_response_promise<msg<wire::WorkOffer>>> polls_;
  std::map<work_ledger::job_id, open_job> jobs_;
  bool ticking_ = false; ///< a message for `ticks_at_` is on its way
  clock::time_point ticks_at_;
};

worker_pool_impl::behavior_type worker_pool(worker_pool_impl::stateful_pointer<worker_pool_state> self,
                                            worker_pool_options options) {
  self->state.configure(std::move(options));
  return {[self](const msg<wire::RegisterWorker>& request) { return self->state.add_worker(request); },
          [self](const msg<wire::WorkerName>& request) { return self->state.remove_worker(request); },
          [self](const msg<wire::WorkQuery>& query) { return self->state.poll(query); },
          [self](const msg<wire::WorkResult>& result) { return self->state.answer(result); },
          [self](const msg<wire::WorkId>& work) { return self->state.renew(work); },
          [self](const msg<wire::WorkerMeasure>& request) { return self->state.measure(request); },
          [self](due_atom) { self->state.on_due(); }};
}

struct worker_adapter_state {
  static inline const char* name = "worker adapter";
};

/// Stands for an adapter that workers run.
adapter_actor::behavior_type worker_adapter(adapter_actor::stateful_pointer<worker_adapter_state> self,
                                            const worker_pool_actor& pool, const msg<wire::WorkerAdapter>& spec) {
  return {[self, pool, spec](const msg<wire::MeasureRequest>& request) -> caf::result<msg<wire::Measurement>> {
    if (request->getRepeats() > defaults::max_repeats)
      return fail(ec::invalid, "a worker measures at most " + std::to_string(defaults::max_repeats) + " times, not " +
                                 std::to_string(request->getRepeats()));
    return self->delegate(pool, msg<wire::WorkerMeasure>::build([&](wire::WorkerMeasure::Builder out) {
                            out.setAdapter(spec->getName());
                            out.setTimeoutS(spec->getTimeoutS());
                            out.setRequest(*request);
                          }));
  }};
}

} // namespace

worker_pool_actor spawn_worker_pool(caf::actor_system& system, worker_pool_options options) {
  return caf::actor_cast<worker_pool_actor>(system.spawn(worker_pool, std::move(options)));
}

adapter_definition worker_adapter_definition(caf::actor_system& system, const worker_pool_actor& pool,
                                             std::shared_ptr<const worker_presence> presence,
                                             const msg<wire::WorkerAdapter>& spec) {
  adapter_definition out;
  out.name = as_view(spec->getName());
  out.tier = spec->getTier();
  out.source = "worker";
  out.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(from_seconds(spec->getTimeoutS()));
  out.unavailable_reason = [presence = std::move(presence), name = out.name] {
    return presence->unavailable_reason(name, clock::now());
  };
  out.spawn = [&system, pool, spec] { return system.spawn(worker_adapter, pool, spec); };
  return out;
}

} // namespace hive
