#pragma once

#include "actors/baseline/api.hpp"
#include "storage/database.hpp"

#include <caf/atom.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <filesystem>
#include <memory>

namespace hive {

// internal: something in the folder changed; changes have gathered; go on; look whether the folder is there.
using folder_stirred_atom = caf::atom_constant<caf::atom("stirred")>;
using folder_take_atom = caf::atom_constant<caf::atom("take")>;
using folder_step_atom = caf::atom_constant<caf::atom("step")>;
using folder_check_atom = caf::atom_constant<caf::atom("check")>;

/// Keeps the agents' recipes and prompts equal to a folder. Services send it no requests.
using recipe_watch_actor = caf::typed_actor<caf::reacts_to<folder_stirred_atom>, caf::reacts_to<folder_take_atom>,
                                            caf::reacts_to<folder_step_atom>, caf::reacts_to<folder_check_atom>>;

/// Services the watch depends on.
struct recipe_watch_services {
  std::shared_ptr<const database> db; ///< with what the node has of the agents
  agent_actor baselines;
};

/// Spawns the watch of HART OS's prompts folder.
///
/// `{prompt}_{flow}_recipe.json` is sent as the recipe of its agent, and a capture with trigger recipe_change follows
/// if the recipe's structure is new. The hash of `{prompt}.json` is the prompt of all flows whose recipe is there; a
/// changed one is captured with trigger prompt_change. A recipe whose file is gone is retired. What is equal to what
/// the node has is not sent, so a start or a scan after lost events changes nothing by itself.
///
/// A file that cannot be used is named in the log, once per change, and the agent keeps what the node has. When the
/// folder is not there, all agents keep their recipes, and it is looked for every 5 s. Requests that fail are repeated
/// then. While nothing changes, the watch wakes only to see whether the folder is still in its place.
recipe_watch_actor spawn_recipe_watch(caf::actor_system& system, recipe_watch_services services,
                                      std::filesystem::path folder);

} // namespace hive
