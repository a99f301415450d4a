#include "actors/benchmark/install/install_commands.hpp"

#include "actors/benchmark/install/install_files.hpp"
#include "actors/benchmark/reports/result_file.hpp"
#include "actors/process/run_report.hpp"
#include "actors/process/sandbox.hpp"
#include "messages/ec.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "platform/fetch_url.hpp"

#include <algorithm>
#include <optional>

namespace hive::install_commands {
namespace {

namespace fs = std::filesystem;
using words = std::vector<std::string>;

constexpr const char* inner_packages = "/packages";
constexpr const char* system_path = "/usr/local/bin:/usr/bin:/bin";
constexpr std::string_view requirements = "requirements.txt";

words words_of(capnp::List<capnp::Text>::Reader list) {
  words out;
  for (auto word : list)
    out.emplace_back(as_view(word));
  return out;
}

std::string_view bytes_view(capnp::Data::Reader data) {
  auto chars = data.asChars();
  return {chars.begin(), chars.size()};
}

bool is_directory_of_packages(const std::string& index) {
  return index.starts_with('/');
}

bool is_inner(std::string_view path) {
  fs::path parts{path};
  return !parts.is_absolute() && path.find('\0') == std::string_view::npos &&
         std::ranges::none_of(parts, [](const fs::path& part) { return part.empty() || part == "." || part == ".."; });
}

caf::error check_command(capnp::List<capnp::Text>::Reader command, const char* field) {
  if (command.size() > 0 && command[0].size() == 0)
    return fail(ec::invalid, std::string{"/"} + field + ": the program is empty");
  return caf::none;
}

/// A sandbox that shows the files and, if there is one, the virtual environment.
sandbox::options sandbox_for(const fs::path& tree, bool may_write, const fs::path& venv, bool network) {
  sandbox::options out;
  out.binds.push_back({tree, inner_tree, may_write});
  out.path = system_path;
  if (!venv.empty()) {
    out.binds.push_back({venv, inner_venv, false});
    out.path = std::string{inner_venv} + "/bin:" + out.path;
  }
  out.workdir = inner_tree;
  out.network = network;
  return out;
}

msg<wire::RunCommand> run_request(const words& command, const install_options& options,
                                  const std::optional<sandbox::options>& how) {
  return msg<wire::RunCommand>::build([&](wire::RunCommand::Builder out) {
    auto list = out.initCommand(static_cast<uint32_t>(command.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, command[i]);
    if (how)
      sandbox::describe(*how, out.initSandbox());
    out.setTimeoutS(std::chrono::duration<double>(options.timeout).count());
    out.setOutputCapBytes(defaults::max_install_output_bytes);
  });
}

msg<wire::RunCommand> in_sandbox(const sandbox::options& how, const words& command, const install_options& options) {
  return run_request(command, options, how);
}

ec code_named(std::string_view name) {
  for (size_t i = 1; i < ec_count; ++i)
    if (to_string(static_cast<ec>(i)) == name)
      return static_cast<ec>(i);
  return ec::process_failed;
}

} // namespace

caf::error check(wire::InstallBenchmark::Reader request, const install_options& options) {
  if (auto refused = check_fetch_url(as_view(request.getRepoUrl()), options.allowed))
    return fail(code_of(refused), "/repo_url: " + text_of(refused));
  if (auto refused = check_command(request.getRunCommand(), "run_command"))
    return refused;
  if (auto refused = check_command(request.getBuildCommand(), "build_command"))
    return refused;
  auto file = as_view(request.getMetricsFile());
  if (!file.empty() && !is_inner(file))
    return fail(ec::invalid, "/metrics_file: must be a path in the repository without '..'");
  auto format = as_view(request.getFormat());
  if (!format.empty() && !parse_result_format(format))
    return fail(ec::invalid, "/format: there is no format of results named " + printable(format));
  auto commit = as_view(request.getCommit());
  if (commit.starts_with('-') || !is_utf8(commit))
    return fail(ec::invalid, "/commit: must be 40 hex digits, a branch or a tag");
  if (request.getNetwork() && !options.network)
    return fail(ec::forbidden, "/network: this node gives benchmarks no network; [dynamic] network = true would");
  return caf::none;
}

msg<wire::RunCommand> probe(const install_options& options) {
  return run_request({"true"}, options, sandbox::options{});
}

msg<wire::RunCommand> fetch(wire::InstallBenchmark::Reader request, const install_options& options,
                            const fs::path& into) {
  auto seconds = std::max<int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(options.timeout).count());
  words command{options.fetch_program.string(),
                "--url",
                std::string{as_view(request.getRepoUrl())},
                "--commit",
                std::string{as_view(request.getCommit())},
                "--into",
                into.string(),
                "--timeout-s",
                std::to_string(seconds),
                "--max-bytes",
                std::to_string(options.max_bytes),
                "--max-files",
                std::to_string(defaults::max_install_files)};
  for (const auto& prefix : options.allowed)
    command.insert(command.end(), {"--allow", prefix});
  return run_request(command, options, std::nullopt);
}

caf::expected<msg<wire::FetchResult>> read_fetch(wire::RunResult::Reader result) {
  auto why = [&] { return describe_run(words{"hive-fetch"}, result); };
  if (result.getTimedOut())
    return fail(ec::timed_out, why());
  auto printed = from_json<wire::FetchResult>(bytes_view(result.getStdout()));
  if (!printed)
    return fail(ec::process_failed, why());
  if ((*printed)->getKind().size() > 0)
    return fail(code_named(as_view((*printed)->getKind())), std::string{as_view((*printed)->getError())});
  if (result.getExitStatus() != 0 || (*printed)->getCommit().size() == 0)
    return fail(ec::process_failed, why());
  return printed;
}

msg<wire::RunCommand> make_venv(const install_options& options, const fs::path& staged) {
  sandbox::options how;
  how.binds.push_back({staged / install_files::venv, inner_venv, true});
  how.path = system_path;
  return in_sandbox(how, {options.python, "-m", "venv", inner_venv}, options);
}

msg<wire::RunCommand> install_requirements(const install_options& options, const fs::path& staged) {
  bool has_directory = is_directory_of_packages(options.index);
  auto how = sandbox_for(staged / install_files::tree, false, {}, !has_directory);
  how.binds.push_back({staged / install_files::venv, inner_venv, true});
  words command{
    std::string{inner_venv} + "/bin/python", "-m",      "pip",       "install", "--no-input", "--no-cache-dir",
    "--disable-pip-version-check",           "--quiet", "--isolated"};
  if (has_directory) {
    how.binds.push_back({options.index, inner_packages, false});
    command.insert(command.end(), {"--no-index", "--find-links", inner_packages});
  } else {
    command.insert(command.end(), {"--index-url", options.index});
  }
  command.insert(command.end(), {"-r", std::string{requirements}});
  return in_sandbox(how, command, options);
}

msg<wire::RunCommand> build(wire::InstallBenchmark::Reader request, const install_options& options,
                            const fs::path& staged, bool has_venv) {
  auto how = sandbox_for(staged / install_files::tree, true, has_venv ? staged / install_files::venv : fs::path{},
                         request.getNetwork());
  return in_sandbox(how, words_of(request.getBuildCommand()), options);
}

sandboxed_command measure(wire::InstallBenchmark::Reader request, const fs::path& tree, const fs::path& venv) {
  return {words_of(request.getRunCommand()), sandbox_for(tree, true, venv, request.getNetwork())};
}

caf::error refuse_failed(const std::string& what, wire::RunResult::Reader result) {
  auto why = [&] { return describe_run(words{what}, result); };
  if (result.getTimedOut())
    return fail(ec::timed_out, why());
  if (!sandbox::has_started(bytes_view(result.getStatus())) && result.getSignal() == 0)
    return fail(ec::process_failed, "it cannot be started in the sandbox: " + why());
  if (result.getExitStatus() != 0 || result.getSignal() != 0)
    return fail(ec::process_failed, why());
  return caf::none;
}

} // namespace hive::install_commands
