#pragma once

#include "apps/hivectl/output.hpp"
#include "messages/upgrade.capnp.h"

#include <string>
#include <vector>

namespace hive::ctl {

/// Prints what a calibration says of each metric: tables, sentences and the configuration that the suggestions mean.
void show_calibrations(wire::PairedMeasurement::Reader measurement, output& out);

/// The lines of the tables [[metrics]] of a node's configuration that the suggestions mean, where they differ from the
/// present margins; none when none does.
std::vector<std::string> suggested_configuration(wire::PairedMeasurement::Reader measurement);

} // namespace hive::ctl
