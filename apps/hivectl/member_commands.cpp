#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "messages/door.capnp.h"
#include "messages/gossip.capnp.h"

namespace hive::ctl {
namespace {

std::string describe(wire::NodeInfo::Reader node) {
  if (node.getSelf())
    return "this node";
  return node.getLinked() ? format_number(node.getRoundTripMs()) : std::string{};
}

outcome list_nodes(session& s) {
  auto answer = s.node.ask<wire::NodeList>({.path = "/hive/nodes"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    table rows{{text_column("ID"), text_column("NAME"), text_column("STATE"), text_column("TIER"),
                text_column("VERSION"), text_column("ADDRESS"), number_column("EPOCH"), number_column("RTT MS"),
                text_column("SAME STATE"), text_column("LAST SEEN"), text_column("REASON")}};
    for (auto node : (*answer)->getNodes())
      rows.add_row(
        {node.getId().cStr(), node.getName().cStr(), node.getRevoked() ? "revoked" : name_of(node.getState()),
         name_of(node.getTier()), node.getSoftware().cStr(), node.getAddress().cStr(), std::to_string(node.getEpoch()),
         describe(node), format_yes_no(node.getSameRoot()), s.out.time(node.getLastSeen()), node.getReason().cStr()});
    s.out.print(rows);
  });
  return exit_status::done;
}

void show(wire::HiveStatus::Reader status, output& out) {
  out.line(std::string{"Node         "} + status.getNode().cStr());
  out.line("Links        " + std::to_string(status.getLinked()) + ", of " + std::to_string(status.getKnown() - 1) +
           " other nodes known");
  out.line("Converged    " + format_number(100 * status.getConverged()) + "% hold what this node holds");
  out.line("Slots        " + std::to_string(status.getSlots()) + ", " + std::to_string(status.getAccepted()) +
           " received since the start");
  out.line("Exchanges    " + std::to_string(status.getExchanges()) + ", " +
           std::to_string(status.getFailedExchanges()) + " without an answer");
  out.line("Gossip       " + std::to_string(status.getSentBytes()) + " bytes sent, " +
           std::to_string(status.getReceivedBytes()) + " received");
  if (status.getClockWarning().size() > 0)
    out.line(std::string{"Clocks       "} + status.getClockWarning().cStr());
  if (status.getCertificateExpires() > 0)
    out.line("Certificate  until " + format_time(status.getCertificateExpires()) + ", its CA until " +
             format_time(status.getCaExpires()));
  if (status.getCertificateWarning().size() > 0)
    out.line(std::string{"Renew        "} + status.getCertificateWarning().cStr());
  if (status.getCertificateTakenBy().size() > 0)
    out.line(std::string{"Replaced     "} + status.getCertificateTakenBy().cStr() +
             " has this node's certificate and counts in its place: issue one for each node");
  for (auto refused : status.getRefused())
    out.line("Refused      " + std::to_string(refused.getCount()) + " slots: " + refused.getReason().cStr());
  if (status.getUnreadable() > 0)
    out.line("Unreadable   " + std::to_string(status.getUnreadable()) +
             " messages of other nodes; see this node's log");
  for (auto node : status.getQuarantined())
    out.line(std::string{"Quarantined  "} + node.getId().cStr() + ": " + node.getReason().cStr());
}

void show_hearing(wire::HiveStatus::Reader status, output& out) {
  if (status.getHearing().size() > 0)
    out.line(std::string{"Waiting      "} + status.getHearing().cStr());
}

outcome vouch(session& s) {
  auto answer = s.node.ask<wire::HiveStatus>({.method = "POST", .path = "/hive/vouch"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { s.out.line("The node publishes without waiting to hear from others."); });
  return exit_status::done;
}

outcome status(session& s) {
  auto answer = s.node.ask<wire::HiveStatus>({.path = "/hive/status"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    show(**answer, s.out);
    show_hearing(**answer, s.out);
  });
  return exit_status::done;
}

} // namespace

void add_member_commands(CLI::App& node_group, context& ctx) {
  ctx.on(*node_group.add_subcommand("list", "The nodes of the hive, as the node sees them"), list_nodes);
  ctx.on(
    *node_group.add_subcommand("vouch", "Vouch that the store is no older copy, when the node waits to hear others"),
    vouch);
  ctx.on(*node_group.add_subcommand("status", "How far the nodes agree, and what gossip costs"), status);
}

} // namespace hive::ctl
