#include "apps/hivectl/commands.hpp"

namespace hive::ctl {

CLI::App& add_group(CLI::App& app, const char* name, const char* description, const char* footer) {
  auto& group = *app.add_subcommand(name, description);
  group.require_subcommand(1);
  group.footer(footer);
  return group;
}

} // namespace hive::ctl
