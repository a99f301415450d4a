#include "actors/review/rules/guarded_paths.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <filesystem>
#include <fnmatch.h>

namespace hive::review {
namespace {

constexpr std::string_view recipe_ending = "_recipe.json";
/// The limit of ids.
constexpr size_t max_id_bytes = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_plain(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool is_agent_id(std::string_view text, bool with_underscore) {
  return !text.empty() && text.size() <= max_id_bytes && text.front() != '-' && text.front() != '_' &&
         std::ranges::all_of(text, [&](char c) { return is_plain(c) || (with_underscore && c == '_'); });
}

/// Whether a prompt's part of a name already holds a prompt and a flow, so that the rest is an action.
bool holds_two_numbers(std::string_view prompt) {
  auto underscore = prompt.rfind('_');
  return underscore != std::string_view::npos && is_number(prompt.substr(0, underscore)) &&
         is_number(prompt.substr(underscore + 1));
}

} // namespace

std::optional<std::set<std::string>> guarded_by(wire::GuardrailManifest::Reader manifest, const std::string& at) {
  auto root = (std::filesystem::path{at}.parent_path() / std::string{as_view(manifest.getRoot())}).lexically_normal();
  if (root.is_absolute() || (!root.empty() && *root.begin() == ".."))
    return std::nullopt;
  std::set<std::string> out{at};
  for (auto file : manifest.getFiles())
    out.insert((root / std::string{as_view(file.getPath())}).lexically_normal().string());
  return out;
}

bool is_protected(std::string_view path, std::span<const std::string> patterns) {
  return std::ranges::any_of(patterns, [path = std::string{path}](const std::string& pattern) {
    return pattern.ends_with('/') ? path.starts_with(pattern)
                                  : ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0;
  });
}

std::set<std::string> guarded_changes(std::span<const changed_file> files, const std::set<std::string>& guarded,
                                      std::span<const std::string> patterns) {
  std::set<std::string> out;
  for (const auto& file : files)
    for (const auto* path : {&file.path, &file.old_path})
      if (!path->empty() && (guarded.contains(*path) || is_protected(*path, patterns)))
        out.insert(*path);
  return out;
}

std::optional<agent_name> agent_of_recipe(std::string_view path, std::string_view prompts) {
  if (!path.starts_with(prompts) || !path.substr(prompts.size()).starts_with('/') || !path.ends_with(recipe_ending))
    return std::nullopt;
  auto stem = path.substr(prompts.size() + 1);
  stem.remove_suffix(recipe_ending.size());
  auto underscore = stem.rfind('_');
  if (underscore == std::string_view::npos)
    return std::nullopt;
  auto prompt = stem.substr(0, underscore);
  auto flow = stem.substr(underscore + 1);
  if (!is_agent_id(prompt, true) || !is_agent_id(flow, false) || (is_number(flow) && holds_two_numbers(prompt)))
    return std::nullopt;
  return agent_name{std::string{prompt}, std::string{flow}};
}

} // namespace hive::review
