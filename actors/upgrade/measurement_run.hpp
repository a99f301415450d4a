#pragma once

#include "actors/upgrade/api.hpp"
#include "actors/upgrade/measured_run.hpp"
#include "actors/upgrade/measured_versions.hpp"
#include "actors/upgrade/measurement_record.hpp"
#include "actors/upgrade/measurer.hpp"
#include "actors/upgrade/paired_session.hpp"
#include "storage/measurement_store.hpp"

#include <atomic>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hive {

/// The measurer's part that takes one paired measurement. Each round is durable before the next one begins, together
/// with what it changes in the record, so that none counts twice. Ends the actor with ec::corrupt when what is stored
/// cannot be read, and with the committer's error when a round cannot be stored.
class measurement_run {
public:
  using owner = upgrade_measurer_actor::pointer;
  using end_handler = std::function<void(const msg<wire::PairedMeasurement>&)>;

  /// `services` and `options` must outlive it; `self` is the actor that it runs in.
  measurement_run(owner self, const upgrade_measurer_services& services, const upgrade_measurer_options& options,
                  msg<wire::PairedMeasurement> record);

  /// Tells the calculation of a calibration that nobody waits for it any more.
  ~measurement_run();

  measurement_run(const measurement_run&) = delete;
  measurement_run& operator=(const measurement_run&) = delete;

  /// Goes on after the rounds that are stored. `on_end` gets the record of the end once it is durable, and may destroy
  /// this object.
  void start(end_handler on_end);

  /// Ends it after its present run. Without effect when it is ending.
  void stop(std::string reason) {
    stop_reason_ = std::move(reason);
  }

  /// Whether it takes no more runs.
  bool is_ending() const {
    return is_ending_;
  }

  const msg<wire::PairedMeasurement>& record() const {
    return record_;
  }

private:
  measurement_number number() const;
  caf::error find_targets();
  void add(wire::MeasuredRound::Reader round);
  void judge();
  void take_round();
  void take_run();
  void add_run(msg<wire::MeasuredRun> run);
  void keep_round();
  measurement_record::progress progress(std::string text) const;
  measurement_record::end end_of_budget(bool is_late) const;
  void finish(const measurement_record::end& how);
  void calibrate(const msg<wire::PairedMeasurement>& ended);
  void keep_end(const msg<wire::PairedMeasurement>& ended);

  owner self_;
  const upgrade_measurer_services& services_;
  const upgrade_measurer_options& options_;
  msg<wire::PairedMeasurement> record_;
  std::map<wire::RunSide, msg<wire::VersionTarget>> targets_;
  paired_session session_;
  measured_versions measured_;
  msg<wire::UpgradeCheck> judged_; ///< empty for a calibration
  double measured_s_;
  next_round round_;                         ///< that is being taken
  std::vector<msg<wire::MeasuredRun>> runs_; ///< of it
  std::string stop_reason_;                  ///< not empty: it is to stop
  bool is_ending_ = false;
  std::shared_ptr<void> held_; ///< see upgrade_measurer_options
  std::shared_ptr<std::atomic<bool>> is_abandoned_ = std::make_shared<std::atomic<bool>>(false);
  end_handler on_end_;
};

} // namespace hive
