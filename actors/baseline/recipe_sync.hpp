#pragma once

#include "messages/baseline.capnp.h"
#include "storage/baseline_store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace hive {

/// What the prompts folder has of an agent.
struct folder_agent {
  /// Hash of the recipe's text, empty when there is no file; nothing when the file is unusable or did not change.
  std::optional<std::string> recipe_hash;
  std::string prompt_hash; ///< empty without a prompt file
};

/// What the node has stored of it.
struct stored_inputs {
  std::string recipe_hash;     ///< empty without a recipe, and when it is retired
  bool is_from_folder = false; ///< the recipe
  std::string prompt_hash;     ///< empty when unknown
  bool owes_capture = false;   ///< the recipe's structure changed, and that was not captured
};

/// What has to be done next so that the node has what the folder has.
enum class sync_step : uint8_t {
  none,
  put_recipe,
  retire_recipe,
  put_prompt,
  capture_recipe_change,
  capture_prompt_change, ///< which stores the prompt's hash together with the baseline
};

/// The step after which this function is asked again. A prompt that becomes known for the first time is no change of
/// the prompt: nobody knows with which one the agent's baselines were captured.
sync_step next_step(const folder_agent& there, const stored_inputs& here);

/// Whether a recipe from the folder has a structure that no capture has seen, because the node stopped in between. A
/// change shortly after the creation is not captured (agents::plan_capture) and not owed. Times are microseconds since
/// 1970; `newest_capture` is 0 without one.
bool owes_capture(wire::Agent::Reader agent, wire::AgentRecipe::Reader recipe, int64_t newest_capture);

/// What the store has of an agent. Fails with ec::corrupt.
caf::expected<stored_inputs> stored_inputs_of(const baseline_store& store, const stored_agent& who);

} // namespace hive
