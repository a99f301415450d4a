#pragma once

#include "apps/hivectl/text.hpp"

#include <span>
#include <string>

namespace hive::ctl {

/// A row of bars, one per value, from the smallest to the largest; a blank for NaN. Equal values give bars of half the
/// height. Without UTF-8, digits from 0 to 7 take the place of the bars.
std::string sparkline(std::span<const double> values, charset set);

} // namespace hive::ctl
