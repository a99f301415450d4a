#pragma once

#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hive {

/// A baseline file of HART OS, converted for the API.
struct hartos_baseline {
  std::string document;           ///< for PUT /agents/{prompt_id}/{flow_id}/baselines/{n}
  std::vector<std::string> notes; ///< what was skipped, and where
};

/// Reads agent_data/baselines/{prompt}_{flow}/v{N}.json, whatever is missing in it. Agent and number are those of the
/// path. Figures that are no numbers are skipped and noted. A metric under both of its names, HART OS's and the node's,
/// counts once. ec::malformed when it is not a JSON object.
caf::expected<hartos_baseline> read_hartos_baseline(std::string_view text);

/// The baseline as HART OS keeps it: a time in seconds, a decimal flow as a number, HART OS's names. What that form
/// lacks is in members that HART OS ignores, so that `read_hartos_baseline` gets the same baseline back.
std::string to_hartos(wire::Baseline::Reader baseline);

} // namespace hive
