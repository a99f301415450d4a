#pragma once

#include "actors/upgrade/paired_session.hpp"
#include "messages/msg.hpp"
#include "messages/upgrade.capnp.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hive::measurement_record {

/// A new measurement that waits.
msg<wire::PairedMeasurement> waiting(wire::MeasureUpgrade::Reader request, const std::string& id,
                                     std::string_view reference, const std::vector<std::string>& adapters,
                                     int64_t now_unix_micros);

/// A new calibration that waits: a measurement of a version against itself, without a reference.
msg<wire::PairedMeasurement> waiting(wire::CalibrateUpgrade::Reader request, const std::string& id,
                                     const std::vector<std::string>& adapters, int64_t now_unix_micros);

/// Whether it measures a version against itself, for the sake of the noise.
bool is_calibration(wire::PairedMeasurement::Reader record);

/// What it runs.
paired_session session_of(wire::PairedMeasurement::Reader record);

analysis::look_plan plan_of(wire::PairedMeasurement::Reader record);

/// The sides that its rounds have: the reference only if it is a version of its own.
std::vector<wire::RunSide> sides_of(wire::PairedMeasurement::Reader record);

/// The version of a side.
std::string version_of(wire::PairedMeasurement::Reader record, wire::RunSide side);

/// The adapters that it was accepted with.
std::vector<std::string> adapters_of(wire::PairedMeasurement::Reader record);

struct progress {
  double measured_s = 0; ///< so far
  std::string text;
  int64_t now_unix_micros = 0;
};

/// The record while it runs, with the judgements of `judged`.
msg<wire::PairedMeasurement> running(const msg<wire::PairedMeasurement>& record, const paired_session& session,
                                     wire::UpgradeCheck::Reader judged, const progress& now);

struct end {
  wire::MeasurementState state;
  std::string reason;
};

/// The record when it has ended. What failed or was stopped is at best inconclusive, and so is a calibration.
msg<wire::PairedMeasurement> ended(const msg<wire::PairedMeasurement>& record, const paired_session& session,
                                   wire::UpgradeCheck::Reader judged, const progress& now, const end& how);

/// The record of one that was stopped while it waited.
msg<wire::PairedMeasurement> stopped(const msg<wire::PairedMeasurement>& waiting, std::string_view reason,
                                     int64_t now_unix_micros);

/// Whether its end said something about an upgrade: a calibration does not, nor does what never ran.
bool gives_verdict(wire::PairedMeasurement::Reader record);

bool has_ended(wire::PairedMeasurement::Reader record);

void fill(wire::MeasurementLine::Builder out, wire::PairedMeasurement::Reader record);

} // namespace hive::measurement_record
