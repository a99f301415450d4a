#include "apps/hivectl/commands.hpp"
#include "messages/status.capnp.h"

namespace hive::ctl {
namespace {

constexpr auto probe_help = "For probes of a container's runtime, which cannot reach a node that serves the loopback:\n"
                            "exit status 0, or 69 with the reason. Asks for at most 2 seconds, and sends no token.";

std::string member(const std::map<std::string, std::string>& said, const char* name) {
  auto found = said.find(name);
  return found == said.end() ? std::string{} : found->second;
}

outcome probe(session& s, const std::string& path) {
  auto said = s.node.probe(path);
  if (!said)
    return fail_as(exit_status::unreachable, text_of(said.error()));
  auto health = msg<wire::Health>::build([&](wire::Health::Builder out) {
    out.setStatus(member(*said, "status"));
    out.setNode(member(*said, "node"));
    out.setId(member(*said, "id"));
    out.setVersion(member(*said, "version"));
  });
  s.out.answer(health, [&] { s.out.line(member(*said, "status")); });
  return exit_status::done;
}

void add_probe(CLI::App& app, context& ctx, const char* name, const char* description, const char* path) {
  auto& command = *app.add_subcommand(name, description);
  command.footer(probe_help);
  ctx.on(command, [path](session& s) { return probe(s, path); });
}

} // namespace

void add_probe_commands(CLI::App& app, context& ctx) {
  add_probe(app, ctx, "ready", "Whether the node accepts requests and can store their data", "/readyz");
  add_probe(app, ctx, "live", "Whether the node's process serves, whatever the state of its disk and hive", "/healthz");
}

} // namespace hive::ctl
