#include "apps/hivectl/command_line.hpp"

#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/generators.hpp"
#include "apps/hivectl/help.hpp"
#include "apps/hivectl/token.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/ec.hpp"
#include "platform/version.hpp"

#include <algorithm>
#include <iostream>

namespace hive::ctl {
namespace {

constexpr auto examples = "Examples:\n"
                          "  hivectl status\n"
                          "  hivectl snapshot capture v2.1\n"
                          "  hivectl upgrade check v2.0 v2.1 && ./deploy v2.1\n"
                          "  hivectl --url https://node7:7420 --token-file ~/.hive-token --json benchmark list\n"
                          "  hivectl help snapshot capture\n\n";

/// The arguments, in the reverse order that CLI11 expects. Arguments after a lone "--" go to `ctx` unchanged: they are
/// names or another program's command line, and CLI11 would split "[a,b]" into a list. Other arguments that CLI11 would
/// split are rejected.
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
  app.fallthrough();            // so that --json also works at the end
  app.require_subcommand(0, 1); // without a subcommand, hivectl shows its help
  app.set_version_flag("--version", std::string{"hivectl "} + version_text, "Print the version of hivectl");
  app.add_option("--url", ctx.url, "The node (default: http://127.0.0.1:7420); unix:PATH for its Unix socket")
    ->envname("HIVE_URL")
    ->check(valid_url());
  app
    .add_option("--token-file", ctx.token_file,
                "File that holds the token for the node (default, for a node of this machine: the operator token that "
                "it wrote at its start)")
    ->envname("HIVE_TOKEN_FILE")
    ->check(existing_file());
  app
    .add_option(
      "--tls", ctx.tls,
      "For an https URL: directory with ca.pem to know the node by, and cert.pem and key.pem to be known by it "
      "(default: the CAs of this machine, and no certificate)")
    ->envname("HIVE_TLS")
    ->check(existing_directory());
  app
    .add_option("--namespace", ctx.name_space,
                "Store within the node that the command is about (default: the node itself)")
    ->check(valid_id());
  app.add_flag("--json", ctx.json, "Print the node's answer as one JSON document");
  app.add_flag("--wide", ctx.wide, "Print exact times in place of \"3 minutes ago\"");
  app.footer(examples + std::string{exit_status_help});
}

int complain(std::string_view text, charset set, exit_status status) {
  std::cerr << "hivectl: " << printable(text, set) << '\n';
  return static_cast<int>(status);
}

int run_chosen(const context& ctx, charset set) {
  auto found = choose_token(ctx.url, ctx.token_file);
  if (!found)
    return complain(text_of(found.error()), set, exit_status_of(found.error()));
  auto tls = find_client_tls(ctx.tls);
  if (!tls)
    return complain(text_of(tls.error()), set, exit_status_of(tls.error()));
  auto url = ctx.url.substr(0, ctx.url.find_last_not_of('/') + 1);
  auto token_file = found->token.empty() ? std::string{} : found->looked.back();
  auto connect = [&ctx, url, tls = *tls]() -> caf::expected<client> {
    auto token = choose_token(ctx.url, ctx.token_file);
    if (!token)
      return token.error();
    return client{{url, token->token, ctx.name_space, tls}};
  };
  auto describe_token = [&ctx] {
    auto token = choose_token(ctx.url, ctx.token_file);
    return token ? describe_search(*token) : ". " + text_of(token.error());
  };
  session s{client{{url, found->token, ctx.name_space, *tls}},
            output{ctx.json, set, ctx.wide},
            ctx.json,
            set,
            url,
            token_file,
            connect,
            describe_token};
  auto result = ctx.chosen(s);
  auto written = s.out.finish();
  if (!result) {
    auto status = exit_status_of(result.error());
    bool is_token_wrong = code_of(result.error()) == ec::unauthorized || found->token.empty();
    auto hint = status == exit_status::not_allowed && is_token_wrong ? describe_search(*found) : "";
    return complain(text_of(result.error()) + hint, set, status);
  }
  if (!written)
    return complain(text_of(written.error()), set, exit_status_of(written.error()));
  return static_cast<int>(*result);
}

constexpr auto purpose =
  "Talks to a node of a Hivemark hive: captures what it measures, judges upgrades, knows the best tool.";

void add_everything(CLI::App& app, context& ctx) {
  add_global_options(app, ctx);
  add_status_command(app, ctx);
  add_probe_commands(app, ctx);
  add_dashboard_command(app, ctx);
  add_benchmark_commands(app, ctx);
  add_snapshot_commands(app, ctx);
  add_changes_command(app, ctx);
  add_upgrade_commands(app, ctx);
  add_analyze_commands(app, ctx);
  add_guardrail_commands(app, ctx);
  add_event_commands(app, ctx);
  add_research_commands(app, ctx);
  add_agent_commands(app, ctx);
  add_engine_commands(app, ctx);
  add_gpu_commands(app, ctx);
  add_review_commands(app, ctx);
  add_node_commands(app, ctx);
  add_namespace_commands(app, ctx);
  add_backup_commands(app, ctx);
  add_task_commands(app, ctx);
  add_tool_commands(app, ctx);
  add_hartos_commands(app, ctx);
  add_mcp_command(app, ctx);
  add_help(app, ctx);
}

int parse_and_run(int argc, char** argv, charset set) {
  context ctx;
  CLI::App app{purpose, "hivectl"};
  add_everything(app, ctx);
  if (auto status = run_generator(argc, argv, app))
    return *status;
  try {
    app.parse(take_arguments(argc, argv, ctx));
  } catch (const CLI::Success& asked_for) { // --help and --version
    return app.exit(asked_for);
  } catch (const CLI::ParseError& wrong) {
    return complain(describe_usage(wrong, app), set, exit_status::usage);
  } catch (const path_error& wrong) {
    return complain(wrong.what(), set, exit_status::file_failed);
  }
  if (ctx.chosen)
    return run_chosen(ctx, set);
  std::cout << help_of_named(app); // hivectl or a command group without a command
  return static_cast<int>(exit_status::done);
}

} // namespace

int run_command_line(int argc, char** argv) {
  auto set = charset_of_locale();
  try {
    return parse_and_run(argc, argv, set);
  } catch (const std::exception& defect) {
    return complain(std::string{"internal error: "} + defect.what(), set, exit_status::unreachable);
  }
}

} // namespace hive::ctl
