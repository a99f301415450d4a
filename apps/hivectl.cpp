// hivectl: talks to a node over HTTP. This file only wires; the commands are in apps/hivectl/.

#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/validators.hpp"
#include "apps/standard_descriptors.hpp"
#include "apps/version.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <clocale>
#include <iostream>

namespace {

using namespace hive;
using namespace hive::ctl;

constexpr auto examples = "Examples:\n"
                          "  hivectl snapshot capture v2.1\n"
                          "  hivectl upgrade check v2.0 v2.1 --policy strict && ./deploy v2.1\n"
                          "  hivectl --url https://node7:7420 --token-file ~/.hive-token --json benchmark list\n"
                          "  hivectl snapshot --help\n\n";

/// A bearer token is a line; what is larger is not one.
constexpr size_t max_token_bytes = 4096;

/// CLI11 misses a command before it looks at what stands in its place: "snapsot list" is named for what it is here.
std::string describe(const CLI::ParseError& wrong, const CLI::App& app) {
  auto unknown = app.remaining(true);
  auto what = unknown.empty() ? wrong.what() : "\"" + unknown.front() + "\" is not known here";
  return what + " (--help tells more)";
}

/// The arguments in the reverse order that CLI11 wants, without those behind a lone "--", which go to `ctx` untouched:
/// they are names or somebody else's command line, and CLI11 would take "[a,b]" apart as a list. Where it would do so,
/// such an argument is refused.
std::vector<std::string> take_arguments(int argc, char** argv, context& ctx) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes != arguments.end())
    ctx.behind_dashes.emplace(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());
  for (const auto& argument : arguments)
    if (argument.starts_with('[') && argument.ends_with(']'))
      throw CLI::ValidationError(argument,
                                 "a name in brackets must stand behind \"--\", a value as --option=" + argument);
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

void add_global_options(CLI::App& app, context& ctx) {
  app.fallthrough(); // so that --json may also stand at the end
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string{"hivectl "} + version_text, "Print the version of hivectl");
  app.add_option("--url", ctx.url, "The node (default: http://127.0.0.1:7420)")
    ->envname("HIVE_URL")
    ->check(valid_url());
  app.add_option("--token-file", ctx.token_file, "File that holds the token for the node")
    ->envname("HIVE_TOKEN_FILE")
    ->check(CLI::ExistingFile);
  app.add_flag("--json", ctx.json, "Print the node's answer as one JSON document");
  app.footer(examples + std::string{exit_status_help});
}

caf::expected<std::string> read_token(const std::string& path) {
  if (path.empty())
    return std::string{};
  auto token = read_file(path, max_token_bytes);
  if (!token)
    return token;
  token->erase(token->find_last_not_of(" \t\r\n") + 1);
  // Anything else would end the header line or never match.
  bool visible = std::all_of(token->begin(), token->end(), [](char c) { return c > ' ' && c <= '~'; });
  if (token->empty() || !visible)
    return fail(ec::invalid, path + " does not hold one token of visible ASCII characters");
  return token;
}

int complain(std::string_view text, charset set, exit_status status) {
  std::cerr << "hivectl: " << printable(text, set) << '\n';
  return static_cast<int>(status);
}

int run_chosen(const context& ctx, charset set) {
  auto token = read_token(ctx.token_file);
  if (!token)
    return complain(text_of(token.error()), set, exit_status::usage);
  auto url = ctx.url.substr(0, ctx.url.find_last_not_of('/') + 1);
  session s{client{url, *token}, output{ctx.json, set}, ctx.json, set};
  auto result = ctx.chosen(s);
  auto written = s.out.finish();
  if (!result)
    return complain(text_of(result.error()), set, exit_status_of(result.error()));
  if (!written)
    return complain(text_of(written.error()), set, exit_status_of(written.error()));
  return static_cast<int>(*result);
}

int parse_and_run(int argc, char** argv, charset set) {
  context ctx;
  CLI::App app{"Talks to a node of a Hivemark hive: captures what it measures, judges upgrades, knows the best tool.",
               "hivectl"};
  add_global_options(app, ctx);
  add_benchmark_commands(app, ctx);
  add_snapshot_commands(app, ctx);
  add_upgrade_commands(app, ctx);
  add_guardrail_commands(app, ctx);
  add_event_commands(app, ctx);
  add_research_commands(app, ctx);
  add_node_commands(app, ctx);
  add_task_commands(app, ctx);
  add_tool_commands(app, ctx);
  add_hartos_commands(app, ctx);
  try {
    app.parse(take_arguments(argc, argv, ctx));
  } catch (const CLI::Success& asked_for) { // --help and --version
    return app.exit(asked_for);
  } catch (const CLI::ParseError& wrong) {
    return complain(describe(wrong, app), set, exit_status::usage);
  }
  return run_chosen(ctx, set);
}

} // namespace

int main(int argc, char** argv) {
  open_standard_descriptors(O_RDONLY);
  std::setlocale(LC_CTYPE, ""); // what the terminal can show; numbers keep their points
  auto set = charset_of_locale();
  try {
    return parse_and_run(argc, argv, set);
  } catch (const std::exception& defect) {
    return complain(std::string{"internal error: "} + defect.what(), set, exit_status::rejected);
  }
}
