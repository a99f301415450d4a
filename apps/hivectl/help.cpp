#include "apps/hivectl/help.hpp"

#include "apps/command_tree/command_tree.hpp"
#include "apps/hivectl/suggestion.hpp"
#include "messages/status.capnp.h"
#include "platform/version.hpp"

#include <algorithm>
#include <iostream>

namespace hive::ctl {
namespace {

const CLI::App& root_of(const CLI::App& app) {
  return app.get_parent() ? root_of(*app.get_parent()) : app;
}

/// App::help would show the help of the selected subcommand of `app` instead.
std::string help_of(const CLI::App& app) {
  return app.get_formatter()->make_help(&app, command_path(app), CLI::AppFormatMode::Normal);
}

/// CLI11's help plus the global options; shows value types only where informative.
class formatter : public CLI::Formatter {
public:
  // Placed after the command's own options; make_groups, which writes those, cannot be overridden.
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override {
    auto out = CLI::Formatter::make_subcommands(app, mode);
    if (!app->get_parent() || app->get_name().empty())
      return out;
    const auto& root = root_of(*app);
    return out + make_group("Global options", false, root.get_options([&](const CLI::Option* option) {
             return option->nonpositional() && option != root.get_help_ptr() && option != root.get_version_ptr();
           }));
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    auto out = CLI::Formatter::make_option_opts(option);
    auto type = option->get_type_name();
    auto colon = type.find(':');
    if (colon == type.npos || !out.starts_with(" " + type))
      return out;
    return " " + type.substr(colon + 1) + out.substr(1 + type.size());
  }
};

std::vector<std::string> command_names(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> out;
  for (const auto* command : commands)
    out.push_back(command->get_name());
  return out;
}

/// All options that `app` accepts, including those of its parents.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> out;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames())
      out.push_back("--" + name);
  if (app.get_parent())
    for (auto& name : option_names(*app.get_parent()))
      out.push_back(std::move(name));
  return out;
}

/// Finds the commands named `name` anywhere below `app`, as full paths.
void find_below(const CLI::App& app, const std::string& name, std::vector<std::string>& out) {
  for (const auto* command : commands_of(app)) {
    if (command->get_name() == name)
      out.push_back(command_path(*command));
    find_below(*command, name, out);
  }
}

/// Commands with a name like `name` in `group`, or else the commands of that name elsewhere, if they are few.
std::vector<std::string> commands_like(const CLI::App& group, const std::string& name) {
  constexpr size_t few = 3;
  auto out = nearest(name, command_names(commands_of(group)));
  if (out.empty())
    find_below(root_of(group), name, out);
  return out.size() <= few ? out : std::vector<std::string>{};
}

/// The last command on the command line.
const CLI::App& last_named(const CLI::App& app) {
  auto named = app.get_subcommands();
  return named.empty() ? app : last_named(*named.front());
}

std::string unknown_command(const CLI::App& group, const std::string& name) {
  return "\"" + name + "\" is no command of " + command_path(group) + did_you_mean(commands_like(group, name));
}

std::string describe_unknown(const CLI::App& command, const std::string& argument) {
  if (argument.starts_with('-')) {
    auto name = argument.substr(0, argument.find('='));
    return "\"" + name + "\" is no option of " + command_path(command) +
           did_you_mean(nearest(name, option_names(command)));
  }
  if (!commands_of(command).empty())
    return unknown_command(command, argument);
  return "\"" + argument + "\" is one argument too many for " + command_path(command);
}

outcome show_help(const CLI::App& root, const std::vector<std::string>& names) {
  const auto* command = &root;
  for (const auto& name : names) {
    auto below = commands_of(*command);
    auto found = std::ranges::find(below, name, [](const CLI::App* app) { return app->get_name(); });
    if (found == below.end())
      return fail_as(exit_status::usage, unknown_command(*command, name));
    command = *found;
  }
  std::cout << help_of(*command);
  return exit_status::done;
}

outcome show_version(session& s) {
  auto version =
    msg<wire::ProgramVersion>::build([](wire::ProgramVersion::Builder out) { out.setVersion(version_text); });
  s.out.answer(version, [&] { s.out.line(std::string{"hivectl "} + version_text); });
  return exit_status::done;
}

void use(CLI::App& app, const std::shared_ptr<formatter>& format) {
  app.formatter(format);
  for (auto* command : app.get_subcommands([](CLI::App*) { return true; }))
    use(*command, format);
}

} // namespace

void add_help(CLI::App& app, context& ctx) {
  auto names = std::make_shared<std::vector<std::string>>();
  auto& help = *app.add_subcommand("help", "Show a command's help");
  help.add_option("COMMAND", *names, "The command, such as: snapshot capture");
  help.footer("Examples:\n  hivectl help\n  hivectl help snapshot capture");
  ctx.on(help, [&app, names](session&) { return show_help(app, *names); });
  ctx.on(*app.add_subcommand("version", "Print the version of hivectl; 'hivectl status' tells the node's"),
         show_version);
  use(app, std::make_shared<formatter>());
}

std::string help_of_named(const CLI::App& app) {
  return help_of(last_named(app));
}

std::string describe_usage(const CLI::ParseError& wrong, const CLI::App& app) {
  const auto& command = last_named(app);
  auto unknown = app.remaining(true);
  auto what = unknown.empty() ? std::string{wrong.what()} : describe_unknown(command, unknown.front());
  return what + " ('" + command_path(command) + " --help' tells more)";
}

} // namespace hive::ctl
