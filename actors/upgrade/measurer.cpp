#include "actors/upgrade/measurer.hpp"

#include "actors/benchmark/measure_once.hpp"
#include "actors/defaults.hpp"
#include "actors/store/commit.hpp"
#include "actors/upgrade/judge.hpp"
#include "actors/upgrade/measurement_record.hpp"
#include "actors/upgrade/paired_session.hpp"
#include "actors/upgrade/verdict/measured_versions.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/measurement_store.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <thread>

namespace hive {
namespace {

namespace record = measurement_record;
using clock = std::chrono::steady_clock;
using measured_record = msg<wire::PairedMeasurement>;

std::string id_in(wire::PairedMeasurement::Reader measurement) {
  return measurement.getId().cStr();
}

analysis::look_plan plan_of(wire::PairedMeasurement::Reader measurement) {
  return measurement.getRequest().getLong() ? analysis::look_plan::long_form : analysis::look_plan::short_form;
}

/// A measurement that runs.
struct running_measurement {
  running_measurement(measured_record given, std::map<wire::RunSide, msg<wire::VersionTarget>> how)
      : current{std::move(given)}, targets{std::move(how)}, session{sides_of(*current), record::adapters_of(*current),
                                                                    current->getRequest().getMaxPairs(),
                                                                    plan_of(*current)},
        measured{sides_of(*current)}, measured_s{current->getMeasuredS()} {
  }

  void add(wire::MeasuredRound::Reader round) {
    session.add(round);
    measured.add(round);
  }

  measurement_number number() const {
    return number_of_measurement(id_in(*current)).value_or(measurement_number{});
  }

  measured_record current;
  std::map<wire::RunSide, msg<wire::VersionTarget>> targets;
  paired_session session;
  measured_versions measured;
  msg<wire::UpgradeCheck> judged;
  double measured_s;
  next_round round;                         ///< that is being taken
  std::vector<msg<wire::MeasuredRun>> runs; ///< of it
  std::string stop_reason;                  ///< not empty: it is to stop
  std::shared_ptr<void> held;               ///< see upgrade_measurer_options
};

class upgrade_measurer_state {
public:
  using pointer = upgrade_measurer_actor::stateful_pointer<upgrade_measurer_state>;
  using promise = caf::typed_response_promise<measured_record>;
  static inline const char* name = "upgrade_measurer";

  /// An error ends the actor.
  caf::error init(pointer self, upgrade_measurer_services services, upgrade_measurer_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    store_.emplace(*services_.db);
    auto damage = store_->visit({}, [this](const measured_record& each) {
      auto number = number_of_measurement(id_in(*each))->value;
      last_ = std::max(last_, number);
      if (record::has_ended(*each))
        ended_.insert(number);
      else
        waiting_.push_front(each);
      return database::scan::next;
    });
    if (!damage)
      start_next();
    return damage;
  }

  // -- acceptance --------------------------------------------------------------------

  caf::result<measured_record> accept(const msg<wire::MeasureUpgrade>& request) {
    if (waiting_.size() + accepting_ >= defaults::max_waiting_measurements)
      return fail(ec::overloaded, std::to_string(waiting_.size() + accepting_) + " measurements wait already");
    for (auto version : {as_view(request->getOld()), as_view(request->getNew())})
      if (auto target = options_.targets.find(version); !target)
        return target.error();
    ++accepting_;
    auto given = self_->make_response_promise<measured_record>();
    self_->request(services_.registry, defaults::request_timeout, msg<wire::BenchmarkQuery>{})
      .then(
        [this, request, given](const msg<wire::BenchmarkList>& known) {
          auto adapters = choose_adapters(*request, *known);
          if (!adapters)
            return refuse(given, adapters.error());
          find_reference(request, *adapters, given);
        },
        [this, given](const caf::error& error) { refuse(given, error); });
    return given;
  }

  caf::result<measured_record> find(const msg<wire::MeasurementQuery>& query) const {
    return read(as_view(query->getId()));
  }

  caf::result<msg<wire::MeasurementList>> list(const msg<wire::MeasurementListQuery>& query) const {
    measurement_number before;
    if (auto after = as_view(query->getAfter()); !after.empty()) {
      auto number = number_of_measurement(after);
      if (!number || number->value == 0)
        return fail(ec::invalid, "/after: " + std::string{after} + " is no id of a measurement");
      before = *number;
    }
    std::vector<measured_record> page;
    bool more = false;
    auto damage = store_->visit(before, [&](const measured_record& each) {
      more = page.size() == query->getLimit();
      if (!more)
        page.push_back(each);
      return more ? database::scan::stop : database::scan::next;
    });
    if (damage)
      return damage;
    return msg<wire::MeasurementList>::build([&](wire::MeasurementList::Builder out) {
      auto lines = out.initMeasurements(static_cast<uint32_t>(page.size()));
      for (uint32_t i = 0; i < lines.size(); ++i)
        record::fill(lines[i], *page[i]);
      if (more)
        out.setNext(page.back()->getId());
    });
  }

  caf::result<msg<wire::RoundList>> list_rounds(const msg<wire::RoundQuery>& query) const {
    auto found = read(as_view(query->getId()));
    if (!found)
      return found.error();
    std::vector<msg<wire::MeasuredRound>> page;
    uint32_t seen = 0;
    bool more = false;
    auto damage = store_->visit_rounds(*number_of_measurement(as_view(query->getId())), as_view(query->getAdapter()),
                                       [&](const msg<wire::MeasuredRound>& round) {
                                         if (seen++ < query->getAfter())
                                           return database::scan::next;
                                         more = page.size() == query->getLimit();
                                         if (!more)
                                           page.push_back(round);
                                         return more ? database::scan::stop : database::scan::next;
                                       });
    if (damage)
      return damage;
    return msg<wire::RoundList>::build([&](wire::RoundList::Builder out) {
      auto rounds = out.initRounds(static_cast<uint32_t>(page.size()));
      for (uint32_t i = 0; i < rounds.size(); ++i)
        rounds.setWithCaveats(i, *page[i]);
      if (more)
        out.setNext(query->getAfter() + static_cast<uint32_t>(page.size()));
    });
  }

  caf::result<measured_record> stop(const msg<wire::StopMeasurement>& asked) {
    auto id = as_view(asked->getId());
    if (running_ && id_in(*running_->current) == id) {
      running_->stop_reason = as_view(asked->getReason());
      return running_->current;
    }
    auto waits = std::ranges::find_if(waiting_, [&](const auto& each) { return id_in(*each) == id; });
    if (waits == waiting_.end()) {
      auto found = read(id);
      return found ? fail(ec::conflict, "measurement " + std::string{id} + " has ended") : found.error();
    }
    running_measurement stopped{*waits, {}};
    waiting_.erase(waits);
    auto given = self_->make_response_promise<measured_record>();
    keep_end(stopped, {wire::MeasurementState::STOPPED, std::string{as_view(asked->getReason())}}, given);
    return given;
  }

private:
  caf::expected<measured_record> read(std::string_view id) const {
    auto number = number_of_measurement(id);
    auto found = number ? store_->find(*number) : std::optional<measured_record>{};
    if (!found)
      return found.error();
    if (!*found)
      return fail(ec::not_found, "there is no measurement " + std::string{id});
    return **found;
  }

  void refuse(promise given, caf::error why) {
    --accepting_;
    given.deliver(std::move(why));
  }

  /// Those that are named, or all that can run versions and would measure now.
  static caf::expected<std::vector<std::string>> choose_adapters(wire::MeasureUpgrade::Reader request,
                                                                 wire::BenchmarkList::Reader known) {
    bool are_named = request.getAdapters().size() > 0;
    std::set<std::string> able, others;
    for (auto each : known.getBenchmarks())
      (each.getRunsVersions() && (each.getAvailable() || are_named) ? able : others).insert(each.getName().cStr());
    if (!are_named) {
      if (able.empty())
        return fail(ec::no_data, "no adapter of this node can run versions of the software");
      return std::vector<std::string>{able.begin(), able.end()};
    }
    std::set<std::string> named;
    for (auto each : request.getAdapters()) {
      std::string name{as_view(each)};
      if (others.contains(name))
        return fail(ec::invalid, "/adapters: " + name + " measures what is installed; it cannot run versions");
      if (!able.contains(name))
        return fail(ec::invalid, "/adapters: this node has no adapter " + name);
      named.insert(std::move(name));
    }
    return std::vector<std::string>{named.begin(), named.end()};
  }

  void find_reference(const msg<wire::MeasureUpgrade>& request, const std::vector<std::string>& adapters,
                      const promise& given) {
    first_reference first{request->getTrack().cStr(), request->getOld().cStr()};
    self_->request(services_.references, caf::infinite, first)
      .then(
        [this, request, adapters, given](const msg<wire::Reference>& reference) {
          if (auto target = options_.targets.find(as_view(reference->getVersion())); !target)
            return refuse(given, fail(code_of(target.error()), "the reference of track " +
                                                                 std::string{as_view(request->getTrack())} +
                                                                 " is to be measured too: " + text_of(target.error())));
          keep_waiting(request, adapters, as_view(reference->getVersion()), given);
        },
        [this, given](const caf::error& error) { refuse(given, error); });
  }

  void keep_waiting(const msg<wire::MeasureUpgrade>& request, const std::vector<std::string>& adapters,
                    std::string_view reference, const promise& given) {
    auto accepted = record::waiting(*request, measurement_id({++last_}), reference, adapters, now_unix_micros());
    write_set writes;
    measurement_store::put(writes, accepted);
    forget_oldest(writes);
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, accepted, given = promise{given}](const committed&) mutable {
          --accepting_;
          log::info("Paired measurement accepted. measurement={} old={} new={}", id_in(*accepted),
                    as_view(accepted->getRequest().getOld()), as_view(accepted->getRequest().getNew()));
          waiting_.push_back(accepted);
          if (accepted->getRequest().getWait())
            awaited_[id_in(*accepted)] = given;
          else
            given.deliver(accepted);
          start_next();
        },
        [this, given](const caf::error& error) { refuse(given, error); });
  }

  void forget_oldest(write_set& writes) {
    for (; ended_.size() >= defaults::kept_measurements; ended_.erase(ended_.begin()))
      measurement_store::erase(writes, {*ended_.begin()});
  }

  // -- rounds ------------------------------------------------------------------------

  void start_next() {
    if (running_ || ending_ || waiting_.empty())
      return;
    auto next = waiting_.front();
    waiting_.pop_front();
    std::map<wire::RunSide, msg<wire::VersionTarget>> targets;
    caf::error unknown;
    for (auto side : sides_of(*next))
      if (auto target = options_.targets.find(version_of(*next, side)))
        targets.emplace(side, *target);
      else
        unknown = target.error();
    running_.emplace(std::move(next), std::move(targets));
    if (options_.hold)
      running_->held = options_.hold();
    auto damage = store_->visit_rounds(running_->number(), {}, [this](const msg<wire::MeasuredRound>& round) {
      running_->add(*round);
      return database::scan::next;
    });
    if (damage)
      return self_->quit(damage);
    judge();
    if (unknown)
      return finish({wire::MeasurementState::FAILED, text_of(unknown)});
    log::info("Paired measurement started. measurement={}", id_in(*running_->current));
    take_round();
  }

  void judge() {
    running_->judged = judge_measurement(*running_->current, running_->measured, options_.rules);
    running_->session.judge(running_->judged->getJudgements());
  }

  void take_round() {
    auto& now = *running_;
    if (!now.stop_reason.empty())
      return finish({wire::MeasurementState::STOPPED, now.stop_reason});
    auto next = now.session.next();
    auto is_late = now.measured_s >= now.current->getRequest().getMaxMinutes() * 60;
    if (!next || is_late)
      return finish(end_of_budget(is_late && next.has_value()));
    now.round = *next;
    now.runs.clear();
    take_run();
  }

  record::end end_of_budget(bool is_late) const {
    if (auto failure = running_->session.failure())
      return {wire::MeasurementState::FAILED, *failure};
    if (!running_->session.is_spent())
      return {wire::MeasurementState::DONE, running_->judged->getReason().cStr()};
    return {wire::MeasurementState::SPENT, std::string{is_late ? "its time" : "its number of pairs"} +
                                             " is spent: " + running_->judged->getReason().cStr()};
  }

  void take_run() {
    auto& now = *running_;
    auto side = now.round.order[now.runs.size()];
    auto version = version_of(*now.current, side);
    auto request = msg<wire::MeasureRequest>::build([&](wire::MeasureRequest::Builder out) {
      out.setVersion(version);
      out.setRepeats(1);
      out.setTarget(*now.targets.at(side));
    });
    run_start began{now_unix_micros(), clock::now()};
    self_->request(services_.registry, caf::infinite, measure_once{now.round.adapter, request})
      .then(
        [this, side, version, began](const measured_once& got) { add_run(describe_run(side, version, began, got)); },
        [this, side, version, began](const caf::error& error) {
          measured_once failed;
          failed.outcome.reason = text_of(error);
          add_run(describe_run(side, version, began, failed));
        });
  }

  struct run_start {
    int64_t unix_micros;
    clock::time_point steady;
  };

  static msg<wire::MeasuredRun> describe_run(wire::RunSide side, const std::string& version, const run_start& began,
                                             const measured_once& got) {
    return msg<wire::MeasuredRun>::build([&](wire::MeasuredRun::Builder out) {
      out.setSide(side);
      out.setVersion(version);
      out.setStartedAt(began.unix_micros);
      out.setDurationS(std::chrono::duration<double>(clock::now() - began.steady).count());
      if (got.outcome.status == wire::AdapterStatus::OK)
        out.setMetrics(got.outcome.measurement->getMetrics());
      else
        out.setError(got.outcome.status == wire::AdapterStatus::SKIPPED ? "it was skipped: " + got.outcome.reason
                                                                        : got.outcome.reason);
      if (got.outcome.contention)
        out.setContention(**got.outcome.contention);
      add_evidence(got.outcome, out);
    });
  }

  /// What a GPU lease knows of disturbances counts too.
  static void add_evidence(const adapter_outcome& outcome, wire::MeasuredRun::Builder out) {
    auto evidence = outcome.measurement->getEvidence();
    if (!outcome.is_leased || evidence.getQuality() != wire::RunQuality::DISTURBED)
      return;
    if (evidence.getReasons().size() > 0)
      out.setDisturbed(evidence.getReasons());
    else
      out.initDisturbed(1).set(0, "its GPU was disturbed");
  }

  void add_run(msg<wire::MeasuredRun> run) {
    auto& now = *running_;
    bool has_failed = run->getError().size() > 0;
    now.measured_s += run->getDurationS();
    now.runs.push_back(std::move(run));
    if (!has_failed && now.runs.size() < now.round.order.size())
      return take_run();
    keep_round();
  }

  msg<wire::MeasuredRound> describe_round() const {
    const auto& now = *running_;
    auto why = disturbance_of(now.runs, std::max(1U, std::thread::hardware_concurrency()));
    return msg<wire::MeasuredRound>::build([&](wire::MeasuredRound::Builder out) {
      out.setAdapter(now.round.adapter);
      out.setNumber(now.round.number);
      auto runs = out.initRuns(static_cast<uint32_t>(now.runs.size()));
      for (uint32_t i = 0; i < runs.size(); ++i)
        runs.setWithCaveats(i, *now.runs[i]);
      if (!why.empty())
        out.setLeftOut(why);
    });
  }

  /// The round and what it changes are durable together, so that none counts twice.
  void keep_round() {
    auto& now = *running_;
    auto round = describe_round();
    now.add(*round);
    if (now.session.is_time_to_judge(now.round.adapter))
      judge();
    now.current = record::running(now.current, now.session, *now.judged, progress());
    write_set writes;
    measurement_store::put_round(writes, now.number(), round);
    measurement_store::put(writes, now.current);
    commit(self_, services_.committer, std::move(writes))
      .then([this](const committed&) { take_round(); }, [this](const caf::error& error) { self_->quit(error); });
  }

  record::progress progress() const {
    const auto& now = *running_;
    return {now.measured_s, now.session.progress_text(), now_unix_micros()};
  }

  // -- the end -----------------------------------------------------------------------

  void finish(const record::end& how) {
    auto ended = std::move(*running_);
    running_.reset();
    keep_end(ended, how, std::nullopt);
  }

  void keep_end(running_measurement& measurement, const record::end& how, std::optional<promise> given) {
    record::progress now{measurement.measured_s, "has ended", now_unix_micros()};
    auto done = record::ended(measurement.current, measurement.session, *measurement.judged, now, how);
    write_set writes;
    measurement_store::put(writes, done);
    ending_ = true;
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, done, given](const committed&) mutable {
          ending_ = false;
          tell_end(done);
          if (given)
            given->deliver(done);
          start_next();
        },
        [this](const caf::error& error) { self_->quit(error); });
  }

  void tell_end(const measured_record& done) {
    ended_.insert(number_of_measurement(id_in(*done))->value);
    log::info("Paired measurement ended. measurement={} verdict={} reason={}", id_in(*done),
              json_name(done->getVerdict()), printable(as_view(done->getReason())));
    if (auto waits = awaited_.extract(id_in(*done)))
      waits.mapped().deliver(done);
    if (auto better = find_better(*done))
      self_->request(services_.references, caf::infinite, *better)
        .then(
          [](const msg<wire::Reference>&) {},
          [](const caf::error& error) { log::warn("A better version is no reference. reason={}", text_of(error)); });
  }

  pointer self_ = nullptr;
  upgrade_measurer_services services_;
  upgrade_measurer_options options_;
  std::optional<measurement_store> store_; ///< reads from the services' database
  uint64_t last_ = 0;                      ///< number of the newest measurement
  size_t accepting_ = 0;                   ///< requests that are being checked
  std::deque<measured_record> waiting_;
  std::optional<running_measurement> running_;
  bool ending_ = false;                    ///< whether the end of one is being stored
  std::map<std::string, promise> awaited_; ///< clients that wait for the end, by id
  std::set<uint64_t> ended_;               ///< numbers of stored measurements that have ended
};

upgrade_measurer_actor::behavior_type upgrade_measurer(upgrade_measurer_state::pointer self,
                                                       upgrade_measurer_services services,
                                                       upgrade_measurer_options options) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services), std::move(options)))
    self->quit(error);
  return {
    [&state](const msg<wire::MeasureUpgrade>& request) { return state.accept(request); },
    [&state](const msg<wire::MeasurementQuery>& query) { return state.find(query); },
    [&state](const msg<wire::MeasurementListQuery>& query) { return state.list(query); },
    [&state](const msg<wire::RoundQuery>& query) { return state.list_rounds(query); },
    [&state](const msg<wire::StopMeasurement>& asked) { return state.stop(asked); },
  };
}

} // namespace

upgrade_measurer_actor spawn_upgrade_measurer(caf::actor_system& system, upgrade_measurer_services services,
                                              upgrade_measurer_options options) {
  return system.spawn(upgrade_measurer, std::move(services), std::move(options));
}

} // namespace hive
