#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "messages/engine.capnp.h"

namespace hive::ctl {
namespace {

constexpr auto engine_examples = "Examples:\n"
                                 "  hivectl engine list\n"
                                 "  hivectl --json engine list\n"
                                 "An engine is listed once per connection with the node's door (caf), once for the "
                                 "node's HTTP (http), and once per\n"
                                 "other node that spawns here for it (http, FROM that node). One without a "
                                 "connection has left something that may stay.";

std::string describe_origin(wire::EngineInfo::Reader engine) {
  if (engine.hasVia())
    return engine.getVia().cStr();
  if (engine.hasRemote())
    return engine.getRemote().cStr();
  return engine.getProtocol() == wire::EngineProtocol::HTTP ? "this node" : "not connected";
}

/// One row for each thing that the engine has spawned, or one for the engine alone.
void add_rows(wire::EngineInfo::Reader engine, table& rows, const output& out) {
  std::string name = engine.getName().cStr(), protocol = name_of(engine.getProtocol());
  auto from = describe_origin(engine);
  if (engine.getSpawned().size() == 0)
    rows.add_row({name, protocol, from, {}, {}, {}, {}, {}, out.time(engine.getConnectedAt())});
  for (auto each : engine.getSpawned())
    rows.add_row({name, protocol, from, each.getId().cStr(), name_of(each.getKind()), each.getName().cStr(),
                  each.getNode().cStr(), name_of(each.getState()), out.time(each.getStartedAt())});
}

outcome list_engines(session& s) {
  auto answer = s.node.ask<wire::EngineList>({.path = "/engines"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    table rows{{text_column("ENGINE"), text_column("PROTOCOL"), text_column("FROM"), text_column("SPAWNED"),
                text_column("KIND"), text_column("NAME"), text_column("ON NODE"), text_column("STATE"),
                text_column("SINCE")}};
    for (auto engine : (*answer)->getEngines())
      add_rows(engine, rows, s.out);
    s.out.print(rows);
  });
  return exit_status::done;
}

} // namespace

void add_engine_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "engine", "The agent engines of a node, and what they spawned", engine_examples);
  ctx.on(*group.add_subcommand("list", "List the engines, and what each has spawned where"), list_engines);
}

} // namespace hive::ctl
