#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/progress.hpp"
#include "apps/hivectl/validators.hpp"
#include "apps/hivectl/waiting.hpp"
#include "messages/install.capnp.h"
#include "platform/http_client.hpp"

namespace hive::ctl {
namespace {

struct install_choices {
  std::string name, url, commit, metrics_file, format, build;
  double timeout_s = 300;
  bool requires_gpu = false;
  double min_vram_gb = 0;
  bool network = false;
  std::string node;
  std::vector<std::string> labels;
  std::string tier;

  bool has_place() const {
    return !node.empty() || !labels.empty() || !tier.empty();
  }
};

void set_place(wire::SpawnPlace::Builder out, const install_choices& options) {
  if (!options.node.empty())
    out.setNode(options.node);
  auto labels = out.initLabels(static_cast<uint32_t>(options.labels.size()));
  for (uint32_t i = 0; i < labels.size(); ++i)
    labels.set(i, options.labels[i]);
  if (auto tier = value_of<wire::NodeTier>(options.tier))
    out.setTier(*tier);
}

msg<wire::InstallBenchmark> install_request(const install_choices& options, const std::vector<std::string>& command) {
  return msg<wire::InstallBenchmark>::build([&](wire::InstallBenchmark::Builder out) {
    out.setName(options.name);
    out.setRepoUrl(options.url);
    out.setCommit(options.commit);
    auto words = out.initRunCommand(static_cast<uint32_t>(command.size()));
    for (uint32_t i = 0; i < words.size(); ++i)
      words.set(i, command[i]);
    out.setMetricsFile(options.metrics_file);
    out.setFormat(options.format);
    out.setTimeoutS(options.timeout_s);
    out.setRequiresGpu(options.requires_gpu || options.min_vram_gb > 0);
    out.setMinVramGb(options.min_vram_gb);
    if (!options.build.empty()) {
      auto build = out.initBuildCommand(3);
      build.set(0, "/bin/sh");
      build.set(1, "-c");
      build.set(2, options.build);
    }
    out.setNetwork(options.network);
    if (options.has_place())
      set_place(out.initPlace(), options);
  });
}

/// A node that is restarted forgets an install that runs.
caf::expected<msg<wire::Install>> wait_for(session& s, const msg<wire::Install>& install) {
  std::string name = install->getName().cStr();
  return wait_for_end(
    s, {"Install " + name, "/benchmarks/installs/" + http::url_encode(name), "hivectl benchmark installs"}, install,
    [](wire::Install::Reader now) {
      return now.getState() == wire::InstallState::INSTALLED || now.getState() == wire::InstallState::FAILED;
    });
}

/// The progress of an install on this node can be asked for.
caf::expected<msg<wire::Install>> install_here(session& s, const std::string& request) {
  auto accepted =
    s.node.ask<wire::Install>({.method = "POST", .path = "/benchmarks/install?wait=false", .body = request});
  if (!accepted)
    return accepted.error();
  return wait_for(s, *accepted);
}

caf::expected<msg<wire::Install>> install_there(session& s, const std::string& request) {
  progress shown{"Installing on another node", s.set};
  return s.node.ask<wire::Install>(
    {.method = "POST", .path = "/benchmarks/install", .body = request, .timeout = defaults::capture_timeout});
}

outcome install(session& s, const install_choices& options, const std::vector<std::string>& command) {
  auto request = to_json(install_request(options, command));
  auto done = options.has_place() ? install_there(s, request) : install_here(s, request);
  if (!done)
    return done.error();
  if ((*done)->getState() == wire::InstallState::FAILED)
    return fail_as(exit_status::refused, options.name + " is not installed: " + (*done)->getError().cStr());
  s.out.answer(*done, [&] {
    auto installed = (*done)->getInstalled();
    s.out.line("Installed " + options.name + " at commit " + installed.getCommit().cStr() + ": " +
               std::to_string(installed.getFiles()) + " files, " + std::to_string(installed.getBytes()) + " bytes.");
    s.out.line(options.has_place() ? "Every capture of its tier on node " + std::string{(*done)->getNode().cStr()} +
                                       " runs it from now on."
                                   : "Every capture of its tier runs it from now on.");
  });
  return exit_status::done;
}

outcome list_installs(session& s) {
  auto answer = s.node.ask<wire::InstallList>({.path = "/benchmarks/installs"});
  if (!answer)
    return answer.error();
  constexpr size_t short_commit = 10;
  s.out.answer(*answer, [&] {
    table rows{{text_column("NAME"), text_column("STATE"), text_column("COMMIT"), text_column("REPOSITORY"),
                text_column("REMARK")}};
    for (auto each : (*answer)->getInstalls()) {
      std::string error = each.getError().cStr();
      rows.add_row({each.getName().cStr(), name_of(each.getState()),
                    std::string{each.getInstalled().getCommit().cStr()}.substr(0, short_commit),
                    each.getRepoUrl().cStr(), error.empty() ? each.getProgress().cStr() : error});
    }
    if (rows.empty())
      s.out.line("Nothing is installed: 'hivectl benchmark install NAME URL -- COMMAND...' does that.");
    else
      s.out.print(rows);
  });
  return exit_status::done;
}

} // namespace

void add_install_commands(CLI::App& group, context& ctx) {
  auto options = std::make_shared<install_choices>();
  auto& command = *group.add_subcommand("install", "Install one from git: NAME URL [OPTIONS] -- COMMAND...");
  command.add_option("NAME", options->name, "Name of the benchmark")->required()->check(valid_id());
  command.add_option("URL", options->url, "Repository; the node must allow it ([dynamic] allowed)")->required();
  command.add_option("--commit", options->commit, "40 hex digits, a branch or a tag (default: HEAD)");
  command.add_option("--metrics", options->metrics_file, "File that the command writes (default: its standard output)")
    ->type_name("FILE");
  command.add_option("--format", options->format, "Format of the results (default: found out)");
  command.add_option("--build", options->build, "Shell command that builds it once, such as make")->type_name("CMD");
  command.add_option("--timeout", options->timeout_s, "Seconds until a measurement is stopped (default: 300)")
    ->check(CLI::Range(0.1, 86400.0));
  command.add_flag("--network", options->network, "Give its commands network; the node must grant it");
  command.add_flag("--requires-gpu", options->requires_gpu, "It needs a GPU; without one it is skipped");
  command.add_option("--min-vram-gb", options->min_vram_gb, "GB of GPU memory that it needs; implies --requires-gpu")
    ->check(CLI::Range(0.0, 1024.0));
  command.add_option("--node", options->node, "Id of the node of the hive that installs it (default: the one asked)")
    ->check(valid_id());
  command.add_option("--label", options->labels, "On a node with this label; may be repeated")->allow_extra_args(false);
  command.add_option("--tier", options->tier, "On a node of this tier or a higher one")
    ->check(CLI::IsMember({"flat", "regional", "central"}));
  ctx.on(
    command, [options, &ctx](session& s) { return install(s, *options, ctx.behind_dashes.value()); },
    context::trailing::required);
  ctx.on(*group.add_subcommand("installs", "List what is installed from git, and what is being installed"),
         list_installs);
}

} // namespace hive::ctl
