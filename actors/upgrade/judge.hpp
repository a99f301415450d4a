#pragma once

#include "actors/upgrade/api.hpp"
#include "actors/upgrade/verdict/compared_side.hpp"
#include "actors/upgrade/verdict/measured_versions.hpp"
#include "messages/msg.hpp"
#include "messages/upgrade.capnp.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace hive {

/// What the rounds of a paired measurement say of its new version, by policy statistical.
msg<wire::UpgradeCheck> judge_measurement(wire::PairedMeasurement::Reader measurement,
                                          const measured_versions& measured, configured_rules rules);

/// Why the runs of a round cannot be compared with each other; empty when they can. `processors` is the number of the
/// machine's.
std::string disturbance_of(std::span<const msg<wire::MeasuredRun>> runs, uint32_t processors);

/// The new version of an ended measurement, if it shows that version to be better than the track's reference.
std::optional<better_version> find_better(wire::PairedMeasurement::Reader ended);

} // namespace hive
