#pragma once

#include "analysis/canary_rates.hpp"

#include <string>
#include <vector>

namespace hive::analysis {

/// "2.5%": a share with one decimal at most.
std::string as_percent(double share);

/// "12 tasks on canaries and 400 on controls: 50 are needed on each side".
std::string describe_traffic(int64_t canary, int64_t control, int64_t least, std::string_view things);

/// "10% of 200 tasks fail on canaries, 2% of 800 on controls: 8 points more (4.3 to 13), surely worse …".
std::string describe_rates(const canary_rates& at, verdict decided, double margin, bool is_last_look,
                           std::string_view things);

/// "n1, n2 and 3 more".
std::string list_nodes(const std::vector<std::string>& nodes);

} // namespace hive::analysis
