#pragma once

#include "actors/review/review_options.hpp"
#include "actors/review/rules/guarded_paths.hpp"
#include "actors/review/rules/verdict.hpp"
#include "platform/git_change.hpp"
#include "platform/work_limit.hpp"

#include <caf/expected.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace hive::review {

/// An agent whose recipe the change touches.
struct recipe_change {
  agent_name agent;
  file_change kind = file_change::modified;
  std::string recipe; ///< as JSON, at the head; empty when it is deleted
};

/// What is known of a change before any of its commands runs.
struct prepared_change {
  std::vector<changed_file> files;
  std::set<std::string> guarded; ///< changed paths that are guarded or protected
  guardrail_result guardrail;
  std::vector<recipe_change> recipes;
  std::string refusal; ///< why the head cannot be reviewed; then only `files` is complete
};

/// Compares base and head, writes the head's tree into `checkout`, verifies its guardrail, and reads its recipes. All
/// is read from the repository's objects; nothing in it is run. A tree that is refused, or a part of it that cannot be
/// read, becomes the result's `refusal`. Blocks. Fails like diff_range.
caf::expected<prepared_change> prepare_change(const std::filesystem::path& repository, const git_range& range,
                                              const review_options& options, const std::filesystem::path& checkout,
                                              const work_limit& limit);

} // namespace hive::review
