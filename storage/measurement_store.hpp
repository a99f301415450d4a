#pragma once

#include "messages/upgrade.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// Number of a paired measurement on this node, from 1; increases and is never reused.
using measurement_number = strong<struct measurement_number_tag, uint64_t>;

/// `m` and the number, as in the API.
std::string measurement_id(measurement_number number);

/// The number in an id; nothing for a text that is no id of a measurement.
std::optional<measurement_number> number_of_measurement(std::string_view id);

/// Paired measurements and their rounds.
class measurement_store {
public:
  explicit measurement_store(const database& db) : db_{db} {
  }

  /// The measurement, or nothing when it does not exist. Fails with ec::corrupt.
  caf::expected<std::optional<msg<wire::PairedMeasurement>>> find(measurement_number number) const;

  /// Visits measurements from the newest before `before` (0: the newest of all) to the oldest, until `visit_one`
  /// returns `stop`. Fails with ec::corrupt.
  caf::error visit(measurement_number before,
                   const std::function<database::scan(const msg<wire::PairedMeasurement>&)>& visit_one) const;

  /// Visits the rounds of a measurement by adapter, in the order taken, until `visit_one` returns `stop`; of one
  /// adapter alone if `adapter` is not empty. Fails with ec::corrupt.
  caf::error visit_rounds(measurement_number number, std::string_view adapter,
                          const std::function<database::scan(const msg<wire::MeasuredRound>&)>& visit_one) const;

  static void put(write_set& writes, const msg<wire::PairedMeasurement>& measurement);
  static void put_round(write_set& writes, measurement_number number, const msg<wire::MeasuredRound>& round);

  /// Removes a measurement with its rounds.
  static void erase(write_set& writes, measurement_number number);

private:
  const database& db_;
};

/// The reference versions of the tracks.
class reference_store {
public:
  explicit reference_store(const database& db) : db_{db} {
  }

  /// The track's reference, or nothing when none is pinned. Fails with ec::corrupt.
  caf::expected<std::optional<msg<wire::Reference>>> find(std::string_view track) const;

  /// Those of all tracks, by name. Fails with ec::corrupt.
  caf::expected<std::vector<msg<wire::Reference>>> all() const;

  static void put(write_set& writes, const msg<wire::Reference>& reference);

private:
  const database& db_;
};

} // namespace hive
