#include "apps/hivectl/commands.hpp"

namespace hive::ctl {

CLI::App& add_group(CLI::App& app, const char* name, const char* description, const char* footer) {
  auto& group = *app.add_subcommand(name, description);
  group.require_subcommand(0, 1);
  group.footer(footer);
  return group;
}

void add_local(context& ctx, CLI::App& command, command_body body, context::trailing arguments) {
  ctx.on(
    command,
    [body = std::move(body)](session& s) -> outcome {
      auto result = body(s);
      return result ? result : of_file(result.error());
    },
    arguments);
}

} // namespace hive::ctl
