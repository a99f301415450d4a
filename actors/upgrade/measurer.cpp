#include "actors/upgrade/measurer.hpp"

#include "actors/defaults.hpp"
#include "actors/store/commit.hpp"
#include "actors/upgrade/adapter_choice.hpp"
#include "actors/upgrade/judge.hpp"
#include "actors/upgrade/measurement_pages.hpp"
#include "actors/upgrade/measurement_record.hpp"
#include "actors/upgrade/measurement_run.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/measurement_store.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>

namespace hive {
namespace {

namespace record = measurement_record;
using measured_record = msg<wire::PairedMeasurement>;

std::string id_in(wire::PairedMeasurement::Reader measurement) {
  return measurement.getId().cStr();
}

/// The queue of measurements; each runs as a measurement_run.
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
    if (auto refused = check({as_view(request->getOld()), as_view(request->getNew())}))
      return refused;
    return find_adapters([this, request](const wire::BenchmarkList::Reader& known, const promise& given) {
      auto adapters = choose_adapters(request->getAdapters(), known);
      if (!adapters)
        return refuse(given, adapters.error());
      find_reference(request, *adapters, given);
    });
  }

  /// A calibration belongs to no track, since it says nothing about an upgrade.
  caf::result<measured_record> calibrate(const msg<wire::CalibrateUpgrade>& request) {
    if (auto refused = check({as_view(request->getVersion())}))
      return refused;
    return find_adapters([this, request](const wire::BenchmarkList::Reader& known, const promise& given) {
      auto adapters = choose_adapters(request->getAdapters(), known);
      if (adapters)
        adapters = adapters_with(request->getMetrics(), std::move(*adapters));
      if (!adapters)
        return refuse(given, adapters.error());
      keep_waiting(record::waiting(*request, measurement_id({++last_}), *adapters, now_unix_micros()),
                   request->getWait(), given);
    });
  }

  caf::result<measured_record> find(const msg<wire::MeasurementQuery>& query) const {
    return find_measurement(*store_, as_view(query->getId()));
  }

  caf::result<msg<wire::MeasurementList>> list(const msg<wire::MeasurementListQuery>& query) const {
    return list_measurements(*store_, *query);
  }

  caf::result<msg<wire::RoundList>> rounds(const msg<wire::RoundQuery>& query) const {
    return list_rounds(*store_, *query);
  }

  caf::result<measured_record> stop(const msg<wire::StopMeasurement>& asked) {
    auto id = as_view(asked->getId());
    if (running_ && !running_->is_ending() && id_in(*running_->record()) == id) {
      running_->stop(std::string{as_view(asked->getReason())});
      return running_->record();
    }
    auto waits = std::ranges::find_if(waiting_, [&](const auto& each) { return id_in(*each) == id; });
    if (waits == waiting_.end()) {
      auto found = find_measurement(*store_, id);
      return found ? fail(ec::conflict, "measurement " + std::string{id} + " has ended") : found.error();
    }
    auto stopped = record::stopped(*waits, as_view(asked->getReason()), now_unix_micros());
    waiting_.erase(waits);
    auto given = self_->make_response_promise<measured_record>();
    write_set writes;
    measurement_store::put(writes, stopped);
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, stopped, given](const committed&) mutable {
          tell_end(stopped);
          given.deliver(stopped);
        },
        [this](const caf::error& error) { self_->quit(error); });
    return given;
  }

private:
  caf::error check(std::initializer_list<std::string_view> versions) const {
    if (waiting_.size() + accepting_ >= defaults::max_waiting_measurements)
      return fail(ec::overloaded, std::to_string(waiting_.size() + accepting_) + " measurements wait already");
    for (auto version : versions)
      if (auto target = options_.targets.find(version); !target)
        return target.error();
    return caf::none;
  }

  /// Asks for the node's adapters, and goes on with them.
  caf::result<measured_record>
  find_adapters(std::function<void(const wire::BenchmarkList::Reader&, const promise&)> go_on) {
    ++accepting_;
    auto given = self_->make_response_promise<measured_record>();
    self_->request(services_.registry, defaults::request_timeout, msg<wire::BenchmarkQuery>{})
      .then([go_on = std::move(go_on), given](const msg<wire::BenchmarkList>& known) { go_on(*known, given); },
            [this, given](const caf::error& error) { refuse(given, error); });
    return given;
  }

  void refuse(promise given, caf::error why) {
    --accepting_;
    given.deliver(std::move(why));
  }

  void find_reference(const msg<wire::MeasureUpgrade>& request, const std::vector<std::string>& adapters,
                      const promise& given) {
    first_reference first{request->getTrack().cStr(), request->getOld().cStr()};
    // No timeout: the keeper answers at once or after one write, and writes are waited for as in store/commit.hpp.
    self_->request(services_.references, caf::infinite, first)
      .then(
        [this, request, adapters, given](const msg<wire::Reference>& reference) {
          if (auto target = options_.targets.find(as_view(reference->getVersion())); !target)
            return refuse(given, fail(code_of(target.error()), "the reference of track " +
                                                                 std::string{as_view(request->getTrack())} +
                                                                 " is to be measured too: " + text_of(target.error())));
          keep_waiting(record::waiting(*request, measurement_id({++last_}), as_view(reference->getVersion()), adapters,
                                       now_unix_micros()),
                       request->getWait(), given);
        },
        [this, given](const caf::error& error) { refuse(given, error); });
  }

  void keep_waiting(const measured_record& accepted, bool is_awaited, const promise& given) {
    write_set writes;
    measurement_store::put(writes, accepted);
    forget_oldest(writes);
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, accepted, is_awaited, given = promise{given}](const committed&) mutable {
          --accepting_;
          log::info("Paired measurement accepted. measurement={} old={} new={} calibration={}", id_in(*accepted),
                    as_view(accepted->getRequest().getOld()), as_view(accepted->getRequest().getNew()),
                    record::is_calibration(*accepted));
          waiting_.push_back(accepted);
          if (is_awaited)
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

  void start_next() {
    if (running_ || waiting_.empty())
      return;
    auto next = waiting_.front();
    waiting_.pop_front();
    running_.emplace(self_, services_, options_, std::move(next));
    running_->start([this](const measured_record& done) {
      running_.reset();
      tell_end(done);
      start_next();
    });
  }

  void tell_end(const measured_record& done) {
    ended_.insert(number_of_measurement(id_in(*done))->value);
    log::info("Paired measurement ended. measurement={} verdict={} reason={}", id_in(*done),
              json_name(done->getVerdict()), printable(as_view(done->getReason())));
    if (auto waits = awaited_.extract(id_in(*done)))
      waits.mapped().deliver(done);
    if (record::gives_verdict(*done))
      self_->send(services_.references, verdict_given{done->getRequest().getTrack().cStr(), id_in(*done),
                                                      static_cast<analysis::verdict>(done->getVerdict())});
    if (auto better = find_better(*done)) // no timeout, as for the first reference
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
  std::optional<measurement_run> running_; ///< until its end is durable
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
    [&state](const msg<wire::CalibrateUpgrade>& request) { return state.calibrate(request); },
    [&state](const msg<wire::MeasurementQuery>& query) { return state.find(query); },
    [&state](const msg<wire::MeasurementListQuery>& query) { return state.list(query); },
    [&state](const msg<wire::RoundQuery>& query) { return state.rounds(query); },
    [&state](const msg<wire::StopMeasurement>& asked) { return state.stop(asked); },
  };
}

} // namespace

upgrade_measurer_actor spawn_upgrade_measurer(caf::actor_system& system, upgrade_measurer_services services,
                                              upgrade_measurer_options options) {
  return system.spawn(upgrade_measurer, std::move(services), std::move(options));
}

} // namespace hive
