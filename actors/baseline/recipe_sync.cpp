#include "actors/baseline/recipe_sync.hpp"

#include "actors/defaults.hpp"
#include "messages/text.hpp"

namespace hive {
namespace {

caf::expected<int64_t> newest_capture_of(const baseline_store& store, const stored_agent& who) {
  int64_t out = 0;
  auto failure = store.visit_summaries_back(who, [&](const msg<wire::BaselineSummary>& newest) {
    out = newest->getTimestamp();
    return database::scan::stop;
  });
  if (failure)
    return failure;
  return out;
}

} // namespace

sync_step next_step(const folder_agent& there, const stored_inputs& here) {
  using enum sync_step;
  bool is_gone = there.recipe_hash && there.recipe_hash->empty();
  if (is_gone)
    return here.is_from_folder && !here.recipe_hash.empty() ? retire_recipe : none;
  if (there.recipe_hash && (*there.recipe_hash != here.recipe_hash || !here.is_from_folder))
    return put_recipe;
  if (here.recipe_hash.empty())
    return none;
  if (!there.prompt_hash.empty() && here.prompt_hash.empty())
    return put_prompt;
  if (here.owes_capture)
    return capture_recipe_change;
  return !there.prompt_hash.empty() && there.prompt_hash != here.prompt_hash ? capture_prompt_change : none;
}

bool owes_capture(wire::Agent::Reader agent, wire::AgentRecipe::Reader recipe, int64_t newest_capture) {
  if (recipe.getSource() != wire::RecipeSource::FOLDER || !recipe.getStructureChanged() || recipe.getRetired())
    return false;
  constexpr auto debounce = std::chrono::microseconds{defaults::baseline_debounce}.count();
  auto created = agent.getCreationAt();
  bool is_part_of_creation = created > 0 && recipe.getReceivedAt() - created < debounce;
  return newest_capture < recipe.getReceivedAt() && !is_part_of_creation;
}

caf::expected<stored_inputs> stored_inputs_of(const baseline_store& store, const stored_agent& who) {
  stored_inputs out;
  auto agent = store.agent(who);
  if (!agent)
    return agent.error();
  auto recipe = store.recipe(who);
  if (!recipe)
    return recipe.error();
  if (*agent)
    out.prompt_hash = as_view((**agent)->getPromptHash());
  if (!*recipe)
    return out;
  auto has = ***recipe;
  out.is_from_folder = has.getSource() == wire::RecipeSource::FOLDER;
  if (!has.getRetired())
    out.recipe_hash = as_view(has.getContentHash());
  if (!*agent || !has.getStructureChanged())
    return out;
  auto newest = newest_capture_of(store, who);
  if (!newest)
    return newest.error();
  out.owes_capture = owes_capture(***agent, has, *newest);
  return out;
}

} // namespace hive
