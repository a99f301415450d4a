#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/hartos_export.hpp"
#include "apps/hivectl/hartos_import.hpp"
#include "apps/hivectl/validators.hpp"

namespace hive::ctl {
namespace {

constexpr auto import_examples =
  "Examples:\n"
  "  hivectl import hartos /srv/hart-os\n"
  "Repeating it takes only what has been added since. It ends with 65 when something was "
  "left out, and says what.";
constexpr auto export_examples = "Examples:\n"
                                 "  hivectl export hartos /srv/hart-os --force";

void add_import(CLI::App& group, context& ctx) {
  auto options = std::make_shared<hartos_import_options>();
  auto& command = *group.add_subcommand("hartos", "Task records, hive routing, snapshots and baselines of a HART OS");
  command.add_option("DIR", options->directory, "Its root, which holds agent_data, or agent_data itself")
    ->required()
    ->check(existing_directory());
  command
    .add_option("--source", options->source,
                "Name under which the node remembers what was imported (default: derived from the first row)")
    ->check(valid_id());
  command.add_flag("--append", options->append,
                   "Store baselines whose number is taken by another one under the next free number");
  ctx.on(command, [options](session& s) { return import_hartos(s, *options); });
}

void add_export(CLI::App& group, context& ctx) {
  auto options = std::make_shared<hartos_export_options>();
  auto& command =
    *group.add_subcommand("hartos", "Write task records, hive routing, snapshots and baselines as HART OS keeps them");
  command.add_option("DIR", options->directory, "Its root or its agent_data; made where it is missing")->required();
  command.add_flag("--force", options->force, "Replace a database, snapshots and baselines that are there");
  ctx.on(command, [options](session& s) { return export_hartos(s, *options); });
}

} // namespace

void add_hartos_commands(CLI::App& app, context& ctx) {
  add_import(add_group(app, "import", "Import another system's measurements", import_examples), ctx);
  add_export(add_group(app, "export", "Export measurements to another system", export_examples), ctx);
}

} // namespace hive::ctl
