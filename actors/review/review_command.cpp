#include "actors/review/review_command.hpp"

#include "actors/benchmark/reports/test_command.hpp"
#include "actors/process/run_report.hpp"
#include "actors/process/sandbox.hpp"
#include "actors/review/rules/tool_issues.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/read_file.hpp"
#include "platform/sha256.hpp"

namespace hive::review {
namespace {

/// Where a sandbox shows the checkout and the directory for results: the same for base and head, so that names with
/// paths are the same too.
constexpr const char* inner_checkout = "/src";
constexpr const char* inner_results = "/results";
constexpr const char* own_results_file = "results.xml";
/// A shell exits with 126 when a program cannot be executed, 127 when it does not exist, and above after a signal.
constexpr int first_shell_failure = 126;

using words = std::vector<std::string>;

words words_of(capnp::List<capnp::Text>::Reader list) {
  words out;
  for (auto word : list)
    out.emplace_back(as_view(word));
  return out;
}

caf::error refuse_command(const words& command, const char* field) {
  if (!command.empty() && command.front().empty())
    return fail(ec::invalid, std::string{"/"} + field + ": the program is empty");
  return caf::none;
}

std::string_view bytes_view(capnp::Data::Reader data) {
  auto chars = data.asChars();
  return {chars.begin(), chars.size()};
}

sandbox::options sandbox_for(const workplace& at, const review_options& options) {
  sandbox::options out;
  for (const auto& path : options.read_only)
    out.binds.push_back({path, path.string(), false});
  out.binds.push_back({at.checkout, inner_checkout, true});
  out.binds.push_back({at.results, inner_results, true});
  out.workdir = inner_checkout;
  for (const auto& [name, value] : options.environment)
    if (name == "PATH") // else it would decide where bubblewrap itself is looked for
      out.path = value;
  return out;
}

void set_command(wire::RunCommand::Builder out, const words& command) {
  auto list = out.initCommand(static_cast<uint32_t>(command.size()));
  for (uint32_t i = 0; i < list.size(); ++i)
    list.set(i, command[i]);
}

void set_environment(wire::RunCommand::Builder out, const review_options& options) {
  auto variables = options.environment;
  if (options.sandbox)
    std::erase_if(variables, [](const auto& variable) { return variable.first == "PATH"; });
  auto list = out.initEnvironment(static_cast<uint32_t>(variables.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setName(variables[i].first);
    list[i].setValue(variables[i].second);
  }
}

} // namespace

caf::expected<review_commands> review_commands::of(wire::StartReview::Reader request, const review_options& options) {
  review_commands out;
  auto tests = words_of(request.getTests());
  auto lint = words_of(request.getLint());
  auto guardian = words_of(request.getGuardian());
  if (auto error = refuse_command(tests, "tests"))
    return error;
  if (auto error = refuse_command(lint, "lint"))
    return error;
  if (auto error = refuse_command(guardian, "guardian"))
    return error;
  out.tests = tests.empty() ? options.tests : tests;
  out.results_file = request.getResultsFile().size() > 0 ? std::string{as_view(request.getResultsFile())}
                     : tests.empty()                     ? options.results_file
                                                         : std::string{};
  out.format = tests.empty() ? options.format : test_format::automatic;
  if (request.getTestFormat().size() > 0) {
    auto format = parse_test_format(as_view(request.getTestFormat()));
    if (!format)
      return fail(ec::invalid, "/test_format: must be auto, pytest, ctest, junit, tap or go");
    out.format = *format;
  }
  if (!out.results_file.empty() && (!is_inner_path(out.results_file) || !is_file_format(out.format)))
    return fail(ec::invalid, "/results_file: must be a path in the checkout without '..', of format junit, tap or go");
  if (out.tests.empty() && !out.results_file.empty())
    return fail(ec::invalid, "/results_file: needs tests; the default ones have a results file of their own");
  out.own_results = out.tests.empty();
  if (out.own_results) {
    out.tests = default_test_command;
    out.format = test_format::junit;
  }
  out.lint = lint.empty() ? options.lint : lint;
  out.guardian = guardian.empty() ? options.guardian : guardian;
  // NaN means that the request names none.
  out.timeout_s =
    request.getTimeoutS() > 0 ? request.getTimeoutS() : std::chrono::duration<double>(options.timeout).count();
  return out;
}

msg<wire::RunCommand> run_request(const words& command, const workplace& at, const review_options& options,
                                  double timeout_s, size_t output_cap_bytes) {
  return msg<wire::RunCommand>::build([&](wire::RunCommand::Builder out) {
    if (options.sandbox) {
      sandbox::describe(sandbox_for(at, options), out.initSandbox());
    } else {
      out.setWorkdir(at.checkout.string());
    }
    set_command(out, command);
    set_environment(out, options);
    out.setTimeoutS(timeout_s);
    out.setOutputCapBytes(static_cast<uint32_t>(output_cap_bytes));
  });
}

msg<wire::RunCommand> test_request(const review_commands& commands, const workplace& at,
                                   const review_options& options) {
  auto command = commands.tests;
  if (commands.own_results) {
    auto directory = options.sandbox ? std::filesystem::path{inner_results} : at.results;
    command.push_back("--junitxml=" + (directory / own_results_file).string());
  }
  return run_request(command, at, options, commands.timeout_s, defaults::max_test_report_bytes);
}

caf::error refuse_unfinished(const words& command, wire::RunResult::Reader result, bool sandboxed) {
  bool ended = !result.getTimedOut() && result.getSignal() == 0;
  bool in_shell = ended && result.getExitStatus() >= first_shell_failure;
  if (ended && sandboxed && !sandbox::has_started(bytes_view(result.getStatus())))
    return fail(ec::process_failed, "it cannot be started in the sandbox: " + describe_run(command, result));
  if (ended && !in_shell)
    return caf::none;
  return fail(result.getTimedOut() ? ec::timed_out : ec::process_failed, describe_run(command, result));
}

check_result read_check(const words& command, const caf::expected<msg<wire::RunResult>>& result, bool sandboxed) {
  check_result out;
  out.configured = true;
  if (!result) {
    out.error = text_of(result.error());
    return out;
  }
  out.exit_status = (*result)->getExitStatus();
  out.duration_s = (*result)->getDurationS();
  if (auto error = refuse_unfinished(command, **result, sandboxed)) {
    out.error = text_of(error);
    return out;
  }
  out.passed = out.exit_status == 0;
  if (!out.passed) {
    auto printed = std::string{bytes_view((*result)->getStdout())};
    if (!printed.empty() && !printed.ends_with('\n'))
      printed += '\n';
    printed += bytes_view((*result)->getStderr());
    read_issues(printed, out);
  }
  return out;
}

caf::expected<test_run_result> read_tests(const review_commands& commands, const workplace& at,
                                          wire::RunResult::Reader result, bool sandboxed) {
  auto run = run_of(result);
  run.report_is_all = commands.own_results;
  if (auto error = refuse_unfinished(commands.tests, result, sandboxed))
    return error;
  auto read = [&] {
    return commands.own_results ? read_beneath(at.results, own_results_file, defaults::max_test_report_bytes)
                                : read_beneath(at.checkout, commands.results_file, defaults::max_test_report_bytes);
  };
  bool has_file = commands.own_results || !commands.results_file.empty();
  auto results = has_file ? read_file_results(run, commands.format, read) : read_test_results(run, commands.format);
  if (!results)
    return fail(code_of(results.error()), text_of(results.error()) + "; " + describe_run(commands.tests, result));
  test_run_facts facts{results->counts, result.getExitStatus(), result.getDurationS()};
  return test_run_result{std::move(*results), facts};
}

std::string base_key(const std::string& tree, const review_commands& commands, const review_options& options) {
  std::string text = tree;
  auto add = [&](const std::string& part) { text += '\0' + part; };
  for (const auto& word : commands.tests)
    add(word);
  add(commands.results_file);
  add(std::to_string(static_cast<int>(commands.format)));
  add(options.sandbox ? "sandbox" : "off");
  for (const auto& path : options.read_only)
    add(path.string());
  for (const auto& [name, value] : options.environment)
    add(name + "=" + value);
  return to_hex(sha256(text));
}

} // namespace hive::review
