#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hive::quantiphy {

/// What a unit measures.
enum class dimension { length, time, speed, acceleration, mass, force, energy, power, pressure };

/// A unit by its size in SI units.
struct unit {
  dimension of;
  double si; ///< how many SI units one of it is
};

/// The unit at the beginning of `text`, in symbols or in English words: `km/h`, `m/s²`, `metres per second`. Nothing
/// when it begins with none that is known.
std::optional<unit> read_unit(std::string_view text);

/// The unit that a question asks for: the last one that follows the word "in". Nothing when there is none.
std::optional<unit> asked_unit(std::string_view question);

/// The last number of an answer in the unit that was asked for (nothing asked: as it stands). Reads `1,250.5`, `1.2e3`,
/// `1.2 × 10^3`, `-3`, LaTeX and emphasis around it; a unit behind it is converted, a number without one is taken as it
/// stands. Nothing when there is no number, or one in a unit of another dimension.
std::optional<double> last_quantity(std::string_view answer, const std::optional<unit>& asked);

} // namespace hive::quantiphy
