#include "actors/baseline/prompts_file.hpp"

#include "actors/baseline/agent_key.hpp"
#include "messages/ec.hpp"
#include "messages/ids.hpp"

#include <algorithm>

namespace hive {
namespace {

constexpr std::string_view recipe_suffix = "_recipe.json";
constexpr std::string_view prompt_suffix = ".json";

/// Whether the text is three numbers joined by '_'.
bool is_action(std::string_view text) {
  bool is_numeric = std::ranges::all_of(text, [](char c) { return c == '_' || (c >= '0' && c <= '9'); });
  return is_numeric && std::ranges::count(text, '_') == 2 && !text.starts_with('_') && !text.ends_with('_') &&
         text.find("__") == text.npos;
}

/// HART OS's ids hold no '.', which keeps names like `71_0.old_recipe.json` out.
bool is_prompt(std::string_view text) {
  return is_valid_id(text) && text.find('.') == text.npos;
}

prompts_file recipe_of(std::string_view stem) {
  using kind = prompts_file::kind;
  if (is_action(stem))
    return {};
  auto last = stem.rfind('_');
  if (last == stem.npos)
    return {kind::misnamed, {}, "it is not named {prompt}_{flow}_recipe.json"};
  auto prompt = stem.substr(0, last), flow = stem.substr(last + 1);
  if (!is_prompt(prompt))
    return {kind::misnamed, {}, "its prompt_id must hold letters, digits, '-' and '_' alone"};
  auto who = agent_named(prompt, flow);
  if (!who)
    return {kind::misnamed, {}, text_of(who.error())};
  if (who->flow != flow)
    return {kind::misnamed,
            {},
            "its flow_id is written with leading zeros; the file of this agent is " + recipe_file_of(*who)};
  return {kind::recipe, std::move(*who), {}};
}

} // namespace

prompts_file prompts_file_of(std::string_view name) {
  if (name.starts_with('.')) // hidden
    return {};
  if (name.ends_with(recipe_suffix))
    return recipe_of(name.substr(0, name.size() - recipe_suffix.size()));
  if (!name.ends_with(prompt_suffix))
    return {};
  auto prompt = name.substr(0, name.size() - prompt_suffix.size());
  if (!is_prompt(prompt))
    return {};
  return {prompts_file::kind::prompt, {std::string{prompt}, {}}, {}};
}

std::string recipe_file_of(const stored_agent& who) {
  return who.prompt + "_" + who.flow + std::string{recipe_suffix};
}

std::string prompt_file_of(std::string_view prompt) {
  return std::string{prompt} + std::string{prompt_suffix};
}

} // namespace hive
