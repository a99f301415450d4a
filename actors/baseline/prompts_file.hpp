#pragma once

#include "storage/baseline_store.hpp"

#include <string>
#include <string_view>

namespace hive {

/// What a file of HART OS's prompts folder is, by its name.
struct prompts_file {
  enum class kind {
    other,    ///< nothing that concerns agents
    recipe,   ///< `{prompt}_{flow}_recipe.json`: the recipe of an agent
    prompt,   ///< `{prompt}.json`: the prompt of all its flows
    misnamed, ///< ends like a recipe, and names no agent
  };

  kind what = kind::other;
  stored_agent who;  ///< of a recipe; of a prompt only its id
  std::string fault; ///< why a name is wrong
};

/// Three numbers, as in `71_0_1_recipe.json`, are the recipe of one action. Temporary files and backups (`.tmp`,
/// `.optbak`) are no agents either.
prompts_file prompts_file_of(std::string_view name);

/// The names of an agent's files.
std::string recipe_file_of(const stored_agent& who);
std::string prompt_file_of(std::string_view prompt);

} // namespace hive
