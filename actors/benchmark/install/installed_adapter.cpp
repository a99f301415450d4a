#include "actors/benchmark/install/installed_adapter.hpp"

#include "actors/benchmark/heavy_adapters.hpp"
#include "actors/benchmark/install/install_commands.hpp"
#include "actors/benchmark/reports/result_file.hpp"
#include "actors/process/child_process.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/git_tree.hpp"
#include "platform/log.hpp"
#include "platform/read_file.hpp"

#include <caf/actor_system.hpp>
#include <system_error>

namespace hive {
namespace {

namespace fs = std::filesystem;
using install_files::installed_directory;

/// Runs of one installed benchmark, one after the other. What they leave is removed with it.
class installed_runs {
public:
  static constexpr uint32_t output_cap = uint32_t{8} << 20; ///< results on standard output

  installed_runs(const msg<wire::InstalledBenchmark>& installed, std::shared_ptr<installed_directory> directory,
                 fs::path place)
      : installed_{installed}, directory_{std::move(directory)}, place_{std::move(place)} {
  }
  installed_runs(const installed_runs&) = delete;
  installed_runs& operator=(const installed_runs&) = delete;
  ~installed_runs() {
    clear();
  }

  install_commands::sandboxed_command command() const {
    auto venv = installed_->getHasEnvironment() ? directory_->path() / install_files::venv : fs::path{};
    return install_commands::measure(installed_->getRequest(), place_, venv);
  }

  /// A fresh copy, without an old metrics file that could be taken for this run's.
  caf::error prepare() {
    clear();
    auto tree = directory_->path() / install_files::tree;
    std::error_code error;
    if (!fs::is_directory(tree, error))
      return fail(ec::not_found, "the installed files in " + tree.string() + " are gone; install it again");
    if (auto failed = install_files::copy_tree(tree, place_))
      return failed;
    auto file = as_view(installed_->getRequest().getMetricsFile());
    // Of the repository. Not if a link leads to it: that might lead out, and such a file is not read either.
    if (!file.empty() && open_beneath(place_, file))
      fs::remove(place_ / file, error);
    return caf::none;
  }

  caf::expected<msg<wire::Measurement>> read(wire::RunResult::Reader result) {
    auto out = read_run(result);
    clear();
    return out;
  }

private:
  caf::expected<msg<wire::Measurement>> read_run(wire::RunResult::Reader result) const {
    auto request = installed_->getRequest();
    auto file = std::string{as_view(request.getMetricsFile())};
    if (auto failed = install_commands::refuse_failed(std::string{as_view(request.getRunCommand()[0])}, result))
      return failed;
    auto text = file.empty() ? read_output(result) : read_beneath(place_, file, max_result_file_bytes);
    auto source = file.empty() ? "standard output" : "the metrics file " + file;
    if (!text)
      return fail(code_of(text.error()),
                  file.empty() ? text_of(text.error()) : "the metrics file " + text_of(text.error()));
    auto measurement = read_result_file(*text, as_view(request.getFormat()));
    if (!measurement)
      return fail(code_of(measurement.error()), source + ": " + text_of(measurement.error()));
    return measurement;
  }

  static caf::expected<std::string> read_output(wire::RunResult::Reader result) {
    if (result.getStdoutTruncated())
      return fail(ec::too_large, "it prints more than " + std::to_string(output_cap) + " bytes");
    auto chars = result.getStdout().asChars();
    return std::string{chars.begin(), chars.size()};
  }

  void clear() {
    if (auto left = remove_tree(place_))
      log::warn("The files of a measurement are left. reason={}", text_of(left));
  }

  msg<wire::InstalledBenchmark> installed_;
  std::shared_ptr<installed_directory> directory_;
  fs::path place_; ///< exists from `prepare` to `read`
};

run_plan plan_of(const msg<wire::InstalledBenchmark>& installed, std::shared_ptr<installed_directory> directory,
                 const install_options& options) {
  auto request = installed->getRequest();
  run_plan out;
  out.name = as_view(request.getName());
  auto runs = std::make_shared<installed_runs>(installed, std::move(directory),
                                               install_files::run_path(options.directory, options.node, out.name));
  auto run = runs->command();
  out.command = std::move(run.command);
  out.sandbox = std::move(run.sandbox);
  out.timeout = process_timeout(request.getTimeoutS());
  out.output_cap = installed_runs::output_cap;
  out.blocks = true;
  out.prepare = [runs] { return runs->prepare(); };
  out.read = [runs](wire::RunResult::Reader result) { return runs->read(result); };
  return out;
}

} // namespace

adapter_definition installed_adapter_definition(caf::actor_system& system, run_adapter_services services,
                                                const install_options& options,
                                                const msg<wire::InstalledBenchmark>& installed,
                                                std::shared_ptr<installed_directory> directory) {
  auto request = installed->getRequest();
  adapter_definition out;
  out.name = as_view(request.getName());
  out.tier = wire::Tier::DYNAMIC;
  out.source = as_view(request.getRepoUrl());
  out.requires_gpu = request.getRequiresGpu();
  out.min_vram_gb = request.getMinVramGb();
  out.timeout = process_timeout(request.getTimeoutS());
  out.spawn = [&system, services, options, installed, directory] {
    return spawn_run_adapter(system, services, plan_of(installed, directory, options));
  };
  if (!out.requires_gpu || !options.scheduler)
    return out;
  leased_plan plan;
  plan.vram_gb = std::max(plan.vram_gb, out.min_vram_gb);
  plan.timeout = out.timeout;
  plan.plan = [options, installed, directory](const lease_grant& grant) {
    auto run = plan_of(installed, directory, options);
    run.environment.insert(run.environment.end(), grant.environment.begin(), grant.environment.end());
    if (run.sandbox)
      run.sandbox->gpus = grant.minor_numbers;
    return run;
  };
  return leased_definition(system, {services.runner, options.scheduler}, std::move(out), std::move(plan));
}

} // namespace hive
