#include "actors/upgrade/measurement_run.hpp"

#include "actors/aside.hpp"
#include "actors/benchmark/measure_once.hpp"
#include "actors/store/commit.hpp"
#include "actors/upgrade/judge.hpp"
#include "actors/upgrade/measurement_calibration.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <thread>
#include <utility>

namespace hive {

namespace record = measurement_record;

measurement_run::measurement_run(owner self, const upgrade_measurer_services& services,
                                 const upgrade_measurer_options& options, msg<wire::PairedMeasurement> given)
    : self_{self}, services_{services}, options_{options}, record_{std::move(given)},
      session_{record::session_of(*record_)}, measured_{sides_of(*record_)}, measured_s_{record_->getMeasuredS()} {
}

measurement_run::~measurement_run() {
  *is_abandoned_ = true;
}

void measurement_run::start(end_handler on_end) {
  on_end_ = std::move(on_end);
  if (options_.hold)
    held_ = options_.hold();
  auto unknown = find_targets();
  auto damage =
    measurement_store{*services_.db}.visit_rounds(number(), {}, [this](const msg<wire::MeasuredRound>& round) {
      add(*round);
      return database::scan::next;
    });
  if (damage)
    return self_->quit(damage);
  judge();
  if (unknown)
    return finish({wire::MeasurementState::FAILED, text_of(unknown)});
  log::info("Paired measurement started. measurement={}", as_view(record_->getId()));
  take_round();
}

measurement_number measurement_run::number() const {
  return number_of_measurement(as_view(record_->getId())).value_or(measurement_number{});
}

/// How the versions are run, which the configuration may say otherwise than when the measurement was accepted.
caf::error measurement_run::find_targets() {
  for (auto side : sides_of(*record_)) {
    auto target = options_.targets.find(version_of(*record_, side));
    if (!target)
      return target.error();
    targets_.emplace(side, *target);
  }
  return caf::none;
}

void measurement_run::add(wire::MeasuredRound::Reader round) {
  session_.add(round);
  measured_.add(round);
}

void measurement_run::judge() {
  if (record::is_calibration(*record_)) // goes on whatever its pairs say
    return;
  judged_ = judge_measurement(*record_, measured_, options_.rules);
  session_.judge(judged_->getJudgements());
}

void measurement_run::take_round() {
  if (!stop_reason_.empty())
    return finish({wire::MeasurementState::STOPPED, stop_reason_});
  auto next = session_.next();
  auto is_late = measured_s_ >= record_->getRequest().getMaxMinutes() * 60;
  if (!next || is_late)
    return finish(end_of_budget(is_late && next.has_value()));
  round_ = *next;
  runs_.clear();
  take_run();
}

void measurement_run::take_run() {
  auto side = round_.order[runs_.size()];
  auto version = version_of(*record_, side);
  auto request = msg<wire::MeasureRequest>::build([&](wire::MeasureRequest::Builder out) {
    out.setVersion(version);
    out.setRepeats(1);
    out.setTarget(*targets_.at(side));
  });
  run_start began{now_unix_micros(), std::chrono::steady_clock::now()};
  // No timeout: the adapter has a time limit of its own, after which the registry answers.
  self_->request(services_.registry, caf::infinite, measure_once{round_.adapter, request})
    .then([this, side, version, began](const measured_once& got) { add_run(describe_run(side, version, began, got)); },
          [this, side, version, began](const caf::error& error) {
            measured_once failed;
            failed.outcome.reason = text_of(error);
            add_run(describe_run(side, version, began, failed));
          });
}

void measurement_run::add_run(msg<wire::MeasuredRun> run) {
  bool has_failed = run->getError().size() > 0;
  measured_s_ += run->getDurationS();
  runs_.push_back(std::move(run));
  if (!has_failed && runs_.size() < round_.order.size())
    return take_run();
  keep_round();
}

void measurement_run::keep_round() {
  auto round = describe_round(round_, runs_, std::max(1U, std::thread::hardware_concurrency()));
  add(*round);
  if (session_.is_time_to_judge(round_.adapter))
    judge();
  record_ = record::running(record_, session_, *judged_, progress(session_.progress_text()));
  write_set writes;
  measurement_store::put_round(writes, number(), round);
  measurement_store::put(writes, record_);
  commit(self_, services_.committer, std::move(writes))
    .then([this](const committed&) { take_round(); }, [this](const caf::error& error) { self_->quit(error); });
}

record::progress measurement_run::progress(std::string text) const {
  return {measured_s_, std::move(text), now_unix_micros()};
}

// -- the end -----------------------------------------------------------------------------

record::end measurement_run::end_of_budget(bool is_late) const {
  if (auto failure = session_.failure())
    return {wire::MeasurementState::FAILED, *failure};
  bool is_calibration = record::is_calibration(*record_);
  std::string said = is_calibration ? "not all pairs count" : judged_->getReason().cStr();
  if (!session_.is_spent())
    return {wire::MeasurementState::DONE, is_calibration ? "all pairs were measured" : said};
  return {wire::MeasurementState::SPENT,
          std::string{is_late ? "its time" : "its number of pairs"} + " is spent: " + said};
}

void measurement_run::finish(const record::end& how) {
  is_ending_ = true;
  auto ended = record::ended(record_, session_, *judged_, progress("has ended"), how);
  if (record::is_calibration(*record_))
    calibrate(ended);
  else
    keep_end(ended);
}

/// On a thread of its own, so that questions are answered meanwhile. A node that is killed does it again.
void measurement_run::calibrate(const msg<wire::PairedMeasurement>& ended) {
  auto work = [ended, measured = std::make_shared<const measured_versions>(std::move(measured_)),
               rules = options_.rules, is_abandoned = is_abandoned_]() -> caf::expected<msg<wire::PairedMeasurement>> {
    return with_calibrations(ended, *measured, rules, [&] { return is_abandoned->load(); });
  };
  run_aside<msg<wire::PairedMeasurement>>(
    self_, std::move(work), [this, ended](const caf::expected<msg<wire::PairedMeasurement>>& calibrated) {
      keep_end(calibrated ? *calibrated
                          : record::ended(ended, session_, *judged_, progress("has ended"),
                                          {wire::MeasurementState::FAILED, text_of(calibrated.error())}));
    });
}

void measurement_run::keep_end(const msg<wire::PairedMeasurement>& ended) {
  write_set writes;
  measurement_store::put(writes, ended);
  commit(self_, services_.committer, std::move(writes))
    .then(
      [this, ended](const committed&) {
        auto on_end = std::move(on_end_); // which may destroy this object, and with it the handler
        on_end(ended);
      },
      [this](const caf::error& error) { self_->quit(error); });
}

} // namespace hive
