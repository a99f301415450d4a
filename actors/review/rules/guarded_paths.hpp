#pragma once

#include "messages/guardrail.capnp.h"
#include "platform/git_change.hpp"

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Which files of a change need a person's look, whatever its size.
namespace hive::review {

/// The paths of a manifest's files in the repository, with the manifest's own. `at` is the manifest's path there.
/// Nothing when the manifest's root leads out of the repository.
std::optional<std::set<std::string>> guarded_by(wire::GuardrailManifest::Reader manifest, const std::string& at);

/// Whether `path` is protected: a pattern is a path, a directory that ends in '/', or holds `*`, `?` or `[…]`, which
/// match no '/'.
bool is_protected(std::string_view path, std::span<const std::string> patterns);

/// The paths of changed files, by their old or new name, that are guarded or protected.
std::set<std::string> guarded_changes(std::span<const changed_file> files, const std::set<std::string>& guarded,
                                      std::span<const std::string> patterns);

/// An agent of HART OS.
struct agent_name {
  std::string prompt_id;
  std::string flow_id;

  bool operator==(const agent_name&) const = default;
};

/// The agent whose recipe is at `path`: `{prompts}/{prompt}_{flow}_recipe.json`. Nothing for other files, among them
/// the recipes of single actions, whose names have three numbers.
std::optional<agent_name> agent_of_recipe(std::string_view path, std::string_view prompts);

} // namespace hive::review
