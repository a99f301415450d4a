#pragma once

#include "apps/hivectl/output.hpp"
#include "messages/upgrade.capnp.h"

#include <string>

namespace hive::ctl {

/// Where a paired measurement is.
std::string measurement_path(const std::string& id);

bool has_ended(wire::PairedMeasurement::Reader measurement);

/// Prints a paired measurement, or a calibration.
void show_measurement(wire::PairedMeasurement::Reader measurement, output& out);

} // namespace hive::ctl
