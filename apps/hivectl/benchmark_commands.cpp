#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/registration.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/benchmark.capnp.h"
#include "platform/http_client.hpp"

#include <filesystem>

namespace hive::ctl {
namespace {

constexpr auto benchmark_examples =
  "Examples:\n"
  "  hivectl benchmark list\n"
  "  hivectl benchmark register startup --timeout 30 --env LANG=C -- ./measure --runs 5\n"
  "  hivectl benchmark register startup --replace -- ./measure --runs 9\n"
  "  hivectl benchmark install json https://github.com/org/bench --commit v2 --metrics out.json -- ./run.sh\n"
  "  hivectl benchmark remove startup\n"
  "  hivectl benchmark check results.xml\n"
  "A registered command prints {\"metrics\": {NAME: {\"value\": 1.5, \"direction\": \"lower\", "
  "\"unit\": \"ms\"}}} on standard output.\n"
  "It runs on the node, without a shell; 'sh -c' gives it one. On this machine it runs in the "
  "directory that you\n"
  "register it from, unless --workdir names another; a program with a '/' in its name is "
  "looked for from there,\n"
  "any other on the node's PATH. For a node elsewhere, give paths as they are there.";

struct register_options {
  std::string name;
  std::string tier = "fast";
  double timeout_s = 300;
  std::string workdir;
  std::vector<std::string> environment;
  bool requires_gpu = false;
  double min_vram_gb = 0;
  bool replace = false;
};

outcome list_benchmarks(session& s) {
  auto answer = s.node.ask<wire::BenchmarkList>({.path = "/benchmarks"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    table rows{{text_column("NAME"), text_column("TIER"), text_column("SOURCE"), number_column("TIMEOUT S"),
                text_column("AVAILABLE"), text_column("REASON")}};
    for (auto benchmark : (*answer)->getBenchmarks())
      rows.add_row({benchmark.getName().cStr(), name_of(benchmark.getTier()), benchmark.getSource().cStr(),
                    format_number(benchmark.getTimeoutS()), format_yes_no(benchmark.getAvailable()),
                    benchmark.getReason().cStr()});
    s.out.print(rows);
  });
  return exit_status::done;
}

msg<wire::CommandSpec> build_spec(const register_options& options, const std::vector<std::string>& command) {
  return msg<wire::CommandSpec>::build([&](auto spec) {
    spec.setName(options.name);
    auto words = spec.initCommand(static_cast<uint32_t>(command.size()));
    for (uint32_t i = 0; i < words.size(); ++i)
      words.set(i, command[i]);
    spec.setWorkdir(options.workdir);
    spec.setRequiresGpu(options.requires_gpu || options.min_vram_gb > 0);
    spec.setMinVramGb(options.min_vram_gb);
    spec.setTimeoutS(options.timeout_s);
    spec.setTier(value_of<wire::Tier>(options.tier).value());
    auto environment = spec.initEnvironment(static_cast<uint32_t>(options.environment.size()));
    for (uint32_t i = 0; i < environment.size(); ++i) {
      auto [name, value] = split_assignment(options.environment[i]);
      environment[i].setName(name);
      environment[i].setValue(value);
    }
  });
}

outcome register_command(session& s, register_options options, std::vector<std::string> command) {
  std::error_code failed;
  auto here = std::filesystem::current_path(failed); // the directory may have been removed
  auto located = locate({std::move(command), options.workdir}, failed ? "" : here.string(), is_on_this_machine(s.url));
  if (!located)
    return located.error();
  options.workdir = located->workdir;
  auto answer = s.node.ask<wire::BenchmarkInfo>({.method = "POST",
                                                 .path = options.replace ? "/benchmarks?replace=true" : "/benchmarks",
                                                 .body = to_json(build_spec(options, located->command))});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    s.out.line("Registered " + options.name + ": every capture of its tier runs it from now on.");
    s.out.line("It runs " + located->command.front() +
               (located->workdir.empty() ? " in the node's directory." : " in " + located->workdir + "."));
    if (!(*answer)->getAvailable())
      s.out.line(std::string{"It cannot run now: "} + (*answer)->getReason().cStr());
  });
  return exit_status::done;
}

outcome remove(session& s, const std::string& name) {
  auto answer = s.node.ask<wire::BenchmarkInfo>({.method = "DELETE", .path = "/benchmarks/" + http::url_encode(name)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { s.out.line("Removed " + name + "; what it measured is kept."); });
  return exit_status::done;
}

void add_register(CLI::App& group, context& ctx) {
  auto options = std::make_shared<register_options>();
  auto& command = *group.add_subcommand("register", "Make a command a benchmark: NAME [OPTIONS] -- COMMAND...");
  command.add_option("NAME", options->name, "Name of the benchmark")->required()->check(valid_id());
  command.add_option("--tier", options->tier, "Which captures run it (default: fast)")
    ->check(CLI::IsMember({"fast", "heavy", "dynamic"}));
  command.add_option("--timeout", options->timeout_s, "Seconds until it is stopped (default: 300)")
    ->check(CLI::Range(0.1, 86400.0));
  command
    .add_option("--workdir", options->workdir,
                "Where it runs (default: this directory; for a node elsewhere the node's)")
    ->type_name("DIR");
  command.add_option("--env", options->environment, "K=V for its environment; may be repeated")
    ->check(assignment())
    ->expected(1)
    ->take_all()
    ->allow_extra_args(false);
  command.add_flag("--requires-gpu", options->requires_gpu, "It needs a GPU; without one it is skipped");
  command.add_option("--min-vram-gb", options->min_vram_gb, "GB of GPU memory that it needs; implies --requires-gpu")
    ->check(CLI::Range(0.0, 1024.0));
  command.add_flag("--replace", options->replace,
                   "Take the place of a registered command of this name; a capture in work goes on with that one");
  ctx.on(
    command, [options, &ctx](session& s) { return register_command(s, *options, ctx.behind_dashes.value()); },
    context::trailing::required);
}

void add_remove(CLI::App& group, context& ctx) {
  auto name = std::make_shared<std::string>();
  auto& command = *group.add_subcommand("remove", "Take a registered command or an installed benchmark away");
  command.add_option("NAME", *name, "Name of the benchmark")->required()->check(valid_id());
  ctx.on(command, [name](session& s) { return remove(s, *name); });
}

} // namespace

void add_benchmark_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "benchmark", "What a node can measure", benchmark_examples);
  ctx.on(*group.add_subcommand("list", "List all benchmarks"), list_benchmarks);
  add_register(group, ctx);
  add_install_commands(group, ctx);
  add_remove(group, ctx);
  add_result_check(group, ctx);
}

} // namespace hive::ctl
