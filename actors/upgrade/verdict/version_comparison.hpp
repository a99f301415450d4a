#pragma once

#include "actors/upgrade/verdict/compared_side.hpp"
#include "actors/upgrade/verdict/measured_versions.hpp"
#include "analysis/group_sequential.hpp"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/upgrade.capnp.h"

#include <optional>
#include <string>
#include <vector>

namespace hive {

/// What a check judges by, beside its query and the operator's rules.
struct check_inputs {
  version_side old_side;
  version_side new_side;
  // Policy statistical alone uses these.
  std::string reference = {}; ///< empty: none, or the old version
  version_side reference_side = {};
  std::optional<msg<wire::PairedMeasurement>> measurement = {}; ///< of the two versions
  std::vector<msg<wire::MeasuredRound>> rounds = {};            ///< of it
};

/// Two versions as a policy compares them. Pure: the same inputs give the same answer, to the byte.
class version_comparison {
public:
  /// What is given must outlive it.
  version_comparison(wire::UpgradeQuery::Reader query, const check_inputs& inputs, configured_rules rules);

  msg<wire::UpgradeCheck> answer() const;

  /// The metrics of a side, with the rules by which they are judged. Nothing of a reference that does not count.
  std::span<const analysis::metric_point> metrics(wire::RunSide side) const;

  analysis::look_plan plan() const {
    return plan_;
  }

private:
  void add_measured(const check_inputs& inputs, configured_rules rules);
  void add_failures(wire::MeasuredRound::Reader round);
  msg<wire::UpgradeCheck> answer_by_values() const;
  msg<wire::UpgradeCheck> answer_by_samples() const;

  wire::UpgradeQuery::Reader query_;
  std::string reference_;
  std::string measurement_; ///< its id; empty: none
  analysis::look_plan plan_ = analysis::look_plan::short_form;
  compared_side old_side_, new_side_, reference_side_;
  std::optional<measured_versions> measured_; ///< whose samples the sides refer to
};

/// The answer of a check.
msg<wire::UpgradeCheck> check_versions(wire::UpgradeQuery::Reader query, const check_inputs& inputs,
                                       configured_rules rules = {});

} // namespace hive
