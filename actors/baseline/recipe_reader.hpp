#pragma once

#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"

#include <string_view>

namespace hive {

/// Reads a recipe: a JSON object with `actions` and `experience_meta` as HART OS writes them. Unusable members get the
/// defaults that HART OS has for missing ones, and a warning each (at most 32). An action's id is text or a number;
/// when two actions share an id, the later one counts, but both count as actions.
///
/// The structure hash covers the whole document except each action's `experience` and `experience_meta`, which change
/// with every run; the order of members does not matter.
///
/// ec::malformed when the document is no JSON object; ec::too_large above 1,000 actions.
caf::expected<msg<wire::AgentRecipe>> read_recipe(std::string_view json, int64_t now_unix_micros,
                                                  wire::RecipeSource source);

} // namespace hive
