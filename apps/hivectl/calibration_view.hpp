#pragma once

#include "apps/hivectl/output.hpp"
#include "messages/upgrade.capnp.h"

#include <string>

namespace hive::ctl {

/// Prints what a calibration says of each metric: tables, sentences and the configuration that the suggestions mean.
void show_calibrations(wire::PairedMeasurement::Reader measurement, output& out);

/// The tables [[metrics]] of a node's configuration that the suggestions mean, where they differ from the present
/// margins; empty when none does.
std::string suggested_configuration(wire::PairedMeasurement::Reader measurement);

} // namespace hive::ctl
