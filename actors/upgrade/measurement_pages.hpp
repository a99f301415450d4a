#pragma once

#include "messages/msg.hpp"
#include "messages/upgrade.capnp.h"
#include "storage/measurement_store.hpp"

#include <caf/expected.hpp>
#include <string_view>

namespace hive {

// Stored paired measurements, as the API shows them.

/// ec::not_found.
caf::expected<msg<wire::PairedMeasurement>> find_measurement(const measurement_store& store, std::string_view id);

/// A page, the newest first. ec::invalid when `after` is no id of a measurement.
caf::expected<msg<wire::MeasurementList>> list_measurements(const measurement_store& store,
                                                            wire::MeasurementListQuery::Reader query);

/// A page of the rounds of a measurement. ec::not_found.
caf::expected<msg<wire::RoundList>> list_rounds(const measurement_store& store, wire::RoundQuery::Reader query);

} // namespace hive
