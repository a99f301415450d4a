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

/// The record when it has ended. What failed or was stopped is at best inconclusive.
msg<wire::PairedMeasurement> ended(const msg<wire::PairedMeasurement>& record, const paired_session& session,
                                   wire::UpgradeCheck::Reader judged, const progress& now, const end& how);

bool has_ended(wire::PairedMeasurement::Reader record);

void fill(wire::MeasurementLine::Builder out, wire::PairedMeasurement::Reader record);

} // namespace hive::measurement_record
