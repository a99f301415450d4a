#include "apps/hived/config_files.hpp"

#include "actors/benchmark/guardrail/guardrail_manifest.hpp"
#include "actors/benchmark/model_probe.hpp"
#include "apps/hived/toml_section.hpp"

#include <filesystem>

namespace hive {
namespace {

namespace fs = std::filesystem;

class fault_list {
public:
  void add(const std::string& key, const std::string& what) {
    text_ += (text_.empty() ? "" : "\n") + key + ": " + what;
  }

  void add(const std::string& key, const caf::error& wrong) {
    if (wrong)
      add(key, text_of(wrong));
  }

  void throw_if_any() const {
    if (!text_.empty())
      throw config_error{text_};
  }

private:
  std::string text_;
};

void check_probes(const model_registry_options& options, fault_list& out) {
  for (const auto& probe : options.probes) {
    if (probe.questions.empty())
      continue;
    if (auto read = read_questions(probe.questions); !read)
      out.add("benchmarks.model_registry.probe.questions", read.error());
  }
}

/// Captures report files that changed after signing; these are no configuration error.
void check_guardrail(const guardrail_options& options, fault_list& out) {
  if (options.manifest.empty())
    return;
  if (auto key = guardrail::read_public_key(options.public_key); !key)
    out.add("benchmarks.guardrail.public_key", key.error());
  if (auto manifest = guardrail::read_manifest(options.manifest); !manifest)
    out.add("benchmarks.guardrail.manifest", manifest.error());
}

void check_regression(const regression_options& options, fault_list& out) {
  std::error_code failed;
  if (!options.workdir.empty() && !fs::is_directory(options.workdir, failed))
    out.add("benchmarks.regression.workdir", options.workdir + " is no directory");
}

/// The manifest is in the repositories under review.
void check_review(const review_options& options, fault_list& out) {
  std::error_code failed;
  if (!options.public_key.empty())
    if (auto key = guardrail::read_public_key(options.public_key); !key)
      out.add("review.public_key", key.error());
  for (const auto& path : options.read_only)
    if (!fs::exists(path, failed))
      out.add("review.read_only", path.string() + " does not exist");
}

/// A program without '/' is searched when a hook runs; one with it is of the hooks' directory unless it is absolute.
void check_hooks(const hook_runner_options& options, fault_list& out) {
  std::error_code failed;
  if (!options.workdir.empty() && !fs::is_directory(options.workdir, failed))
    out.add("upgrade.hooks.workdir", options.workdir + " is no directory");
  for (const auto& [action, command] : options.commands) {
    const auto& program = command.front();
    if (program.find('/') != std::string::npos && !fs::exists(fs::path{options.workdir} / program, failed))
      out.add("upgrade.hooks." + action, program + " does not exist");
  }
}

} // namespace

void check_files(const node_config& config) {
  fault_list faults;
  check_probes(config.model_registry, faults);
  check_guardrail(config.guardrail, faults);
  check_regression(config.regression, faults);
  check_review(config.review, faults);
  check_hooks(config.hooks, faults);
  faults.throw_if_any();
}

} // namespace hive
