#include "actors/review/prepared_change.hpp"

#include "actors/benchmark/guardrail/guardrail_manifest.hpp"
#include "messages/ec.hpp"
#include "messages/json.hpp"
#include "platform/git_tree.hpp"

#include <algorithm>

namespace hive::review {
namespace {

namespace fs = std::filesystem;

/// Recipes that one change may touch; the schema's bound.
constexpr size_t max_recipes = 1'000;

/// Reads what a change says about itself from the repository's objects.
class change_reader {
public:
  change_reader(const fs::path& repository, const git_range& range, const review_options& options)
      : repository_{repository}, range_{range}, options_{options} {
  }

  /// The paths that the manifests of base and head guard: the head cannot take a file out of them unseen.
  std::set<std::string> guarded_paths(std::vector<std::string>& findings) const {
    std::set<std::string> out;
    if (options_.manifest.empty())
      return out;
    out.insert(options_.manifest);
    for (const auto& tree : {range_.base_tree, range_.head_tree}) {
      auto paths = paths_of_manifest(tree);
      if (paths)
        out.insert(paths->begin(), paths->end());
      else if (tree == range_.head_tree)
        findings.push_back(text_of(paths.error()));
    }
    return out;
  }

  caf::expected<std::vector<recipe_change>> recipes(const std::vector<changed_file>& files) const {
    std::vector<recipe_change> out;
    auto add = [&](const std::string& path, file_change kind) -> caf::error {
      auto agent = options_.prompts.empty() ? std::nullopt : agent_of_recipe(path, options_.prompts);
      if (!agent)
        return caf::none;
      if (out.size() == max_recipes)
        return fail(ec::too_large, "the change touches more than " + std::to_string(max_recipes) + " recipes");
      recipe_change recipe{*agent, kind, {}};
      if (kind != file_change::deleted) {
        auto text = read(range_.head_tree, path);
        if (!text)
          return text.error();
        recipe.recipe = std::move(*text);
      }
      out.push_back(std::move(recipe));
      return caf::none;
    };
    for (const auto& file : files) {
      bool is_renamed = file.kind == file_change::renamed;
      if (is_renamed)
        if (auto error = add(file.old_path, file_change::deleted))
          return error;
      if (auto error = add(file.path, is_renamed ? file_change::added : file.kind))
        return error;
    }
    return out;
  }

private:
  /// A file of a tree, which must be there.
  caf::expected<std::string> read(const std::string& tree, const std::string& path) const {
    auto text = read_tree_file(repository_, tree, path, defaults::max_reviewed_document_bytes);
    if (!text)
      return text.error();
    if (!*text)
      return fail(ec::not_found, path + " is missing");
    return std::move(**text);
  }

  caf::expected<std::set<std::string>> paths_of_manifest(const std::string& tree) const {
    auto text = read(tree, options_.manifest);
    if (!text)
      return text.error();
    auto manifest = from_json<wire::GuardrailManifest>(*text);
    if (!manifest)
      return fail(code_of(manifest.error()), options_.manifest + ": " + text_of(manifest.error()));
    auto paths = guarded_by(**manifest, options_.manifest);
    if (!paths)
      return fail(ec::invalid, options_.manifest + ": its root lies outside the repository");
    return *paths;
  }

  const fs::path& repository_;
  const git_range& range_;
  const review_options& options_;
};

/// Verifies the manifest in a checkout in which nothing has run yet.
void verify_guardrail(const review_options& options, const fs::path& checkout, const work_limit& limit,
                      guardrail_result& out) {
  auto key = guardrail::read_public_key(options.public_key);
  if (!key) {
    out.findings.push_back(text_of(key.error()));
    return;
  }
  auto verification = guardrail::verify(checkout / options.manifest, *key, limit);
  if (!verification) {
    out.findings.push_back(options.manifest + " cannot be verified: " + text_of(verification.error()));
    return;
  }
  for (const auto& [subject, what] : verification->findings)
    out.findings.push_back(subject + " " + what);
}

/// Fills everything but the files.
caf::error read_change(const fs::path& repository, const git_range& range, const review_options& options,
                       const fs::path& checkout, const work_limit& limit, prepared_change& out) {
  if (auto written = export_tree(repository, range.head_tree, checkout, limit); !written)
    return fail(code_of(written.error()), "head: " + text_of(written.error()));
  change_reader reader{repository, range, options};
  auto& guardrail = out.guardrail;
  guardrail.configured = !options.manifest.empty();
  out.guarded = guarded_changes(out.files, reader.guarded_paths(guardrail.findings), options.protected_paths);
  guardrail.changed_paths.assign(out.guarded.begin(), out.guarded.end());
  // A manifest that cannot be read, or whose root lies outside, is not verified: its paths would be followed.
  if (guardrail.configured && guardrail.findings.empty())
    verify_guardrail(options, checkout, limit, guardrail);
  guardrail.verified = guardrail.configured && guardrail.findings.empty();
  auto recipes = reader.recipes(out.files);
  if (!recipes)
    return recipes.error();
  out.recipes = std::move(*recipes);
  return caf::none;
}

} // namespace

caf::expected<prepared_change> prepare_change(const fs::path& repository, const git_range& range,
                                              const review_options& options, const fs::path& checkout,
                                              const work_limit& limit) {
  prepared_change out;
  auto files = diff_range(repository, range, limit);
  if (!files)
    return files.error();
  out.files = std::move(*files);
  if (auto error = read_change(repository, range, options, checkout, limit, out))
    out.refusal = text_of(error);
  return out;
}

} // namespace hive::review
