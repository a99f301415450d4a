#include "apps/hivectl/revocation_commands.hpp"

#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/door.capnp.h"
#include "messages/revocation.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/identity/certificate_ledger.hpp"
#include "platform/read_file.hpp"

// The commands of group `node` about certificates that a CA has issued and takes back.

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

/// As the node accepts, and more than that, so that it is the node that refuses a list for its size.
constexpr size_t max_list_bytes = size_t{1} << 20;

struct revoke_options {
  std::string ca;
  std::string list;
  std::string name;
  std::vector<std::string> serials;
  bool send = false;
};

struct forget_options {
  std::string node;
  std::string ca;
};

int64_t now_s() {
  return now_unix_micros() / micros_per_s;
}

// -- writing and sending a list ----------------------------------------------------

caf::error send_list(session& s, const fs::path& file) {
  auto text = read_file(file, max_list_bytes);
  if (!text)
    return of_file(text.error());
  auto upload = msg<wire::RevocationUpload>::build([&](wire::RevocationUpload::Builder out) { out.setList(*text); });
  auto answer =
    s.node.ask<wire::HeldRevocations>({.method = "POST", .path = "/hive/revocations", .body = to_json(upload)});
  return answer ? caf::error{} : answer.error();
}

msg<wire::WrittenRevocationList> describe(const fs::path& file, const written_revocations& written, uint64_t records,
                                          bool is_sent) {
  return msg<wire::WrittenRevocationList>::build([&](wire::WrittenRevocationList::Builder out) {
    out.setFile(file.string());
    out.setNumber(written.list.number());
    out.setRecords(records);
    out.setSent(is_sent);
    auto serials = out.initSerials(static_cast<uint32_t>(written.added.serials.size()));
    uint32_t i = 0;
    for (const auto& [serial, when] : written.added.serials)
      serials.set(i++, serial);
    auto nodes = out.initNodes(static_cast<uint32_t>(written.added.nodes.size()));
    i = 0;
    for (const auto& node : written.added.nodes)
      nodes.set(i++, node.value);
  });
}

/// What a command says of the list that it wrote.
std::string text_of_list(wire::WrittenRevocationList::Reader written) {
  auto out = "Wrote list " + std::to_string(written.getNumber()) + " to " + written.getFile().cStr();
  for (auto serial : written.getSerials())
    out += std::string{"\nRevoked  "} + serial.cStr();
  for (auto node : written.getNodes())
    out += std::string{"\nForgot   "} + node.cStr();
  return out + (written.getSent()
                  ? "\nThe hive has it."
                  : "\nNo node has it yet: run hivectl node revoke --send, or put the file into a node's "
                    "TLS directory.");
}

// -- revoke ------------------------------------------------------------------------

void add(revocation_content& to, wire::IssuedCertificate::Reader issued) {
  to.serials.emplace(issued.getSerial().cStr(), now_s());
  to.keys.insert(key_prefix(issued.getKey().cStr()));
}

/// All certificates of the name that are in the ledger, and those with the serial numbers, which need not be.
caf::expected<revocation_content> chosen(const revoke_options& options) {
  auto issued = read_issued(options.ca);
  if (!issued)
    return issued.error();
  std::set<std::string> wanted;
  for (const auto& text : options.serials) {
    auto serial = parse_serial(text);
    if (!serial)
      return fail_as(exit_status::usage, text_of(serial.error()));
    wanted.insert(*serial);
  }
  revocation_content out;
  for (const auto& each : *issued) {
    bool is_named = !options.name.empty() && options.name == each->getName().cStr();
    if (options.serials.empty() ? is_named : wanted.contains(each->getSerial().cStr())) {
      if (!options.name.empty() && !is_named)
        return fail_as(exit_status::refused, std::string{"the certificate "} + each->getSerial().cStr() + " is of " +
                                               each->getName().cStr() + ", not of " + options.name);
      add(out, *each);
    }
  }
  for (const auto& serial : wanted)
    out.serials.emplace(serial, now_s());
  if (out.serials.empty())
    return fail_as(exit_status::not_found, (fs::path{options.ca} / ca_files::ledger).string() +
                                             " has no certificate of " + options.name +
                                             "; give its serial number (openssl x509 -serial -in cert.pem) with "
                                             "--serial");
  return out;
}

outcome revoke(session& s, const revoke_options& options) {
  bool revokes = !options.name.empty() || !options.serials.empty();
  if (options.ca.empty() == options.list.empty() || (revokes && options.ca.empty()) || (!revokes && !options.send))
    return fail_as(exit_status::usage,
                   "give --ca with --name or --serial to revoke, --send to give the list to a node, "
                   "or both; --list FILE --send sends a list without its CA");
  auto file = options.list.empty() ? fs::path{options.ca} / ca_files::revocations : fs::path{options.list};
  if (!revokes) {
    if (auto failed = send_list(s, file))
      return failed;
    s.out.line("The node has taken " + file.string() + "; the hive follows.");
    return exit_status::done;
  }
  auto content = chosen(options);
  if (!content)
    return of_file(content.error());
  auto written = revoke_in(options.ca, *content, now_s());
  if (!written)
    return of_file(written.error());
  if (options.send)
    if (auto failed = send_list(s, file))
      return fail_as(exit_status_of(failed), file.string() + " is written, but not sent: " + text_of(failed));
  auto report = describe(file, *written, 0, options.send);
  s.out.answer(report, [&] { s.out.line(text_of_list(*report)); });
  return exit_status::done;
}

void add_revoke(CLI::App& group, context& ctx) {
  auto options = std::make_shared<revoke_options>();
  auto& command = *group.add_subcommand("revoke", "Revoke certificates, and give the list to the hive");
  command.add_option("--ca", options->ca, "Directory of the CA")->check(existing_directory())->type_name("DIR");
  command.add_option("--name", options->name, "Revoke all certificates of this node or engine")->check(valid_id());
  command.add_option("--serial", options->serials, "Revoke the certificate with this serial number, in hex")
    ->type_name("HEX");
  command.add_flag("--send", options->send, "Give the list to the node; the hive spreads it");
  command.add_option("--list", options->list, "With --send: the list to give, instead of the CA's crl.pem")
    ->check(existing_file())
    ->type_name("FILE");
  ctx.on(command, [options](session& s) { return revoke(s, *options); });
}

// -- forget ------------------------------------------------------------------------

caf::expected<wire::NodeInfo::Reader> find_node(wire::NodeList::Reader nodes, const std::string& name) {
  std::vector<wire::NodeInfo::Reader> found;
  std::string ids;
  for (auto node : nodes.getNodes())
    if (name == node.getId().cStr() || name == node.getName().cStr()) {
      found.push_back(node);
      ids += (ids.empty() ? "" : ", ") + std::string{node.getId().cStr()};
    }
  if (found.empty())
    return fail_as(exit_status::not_found, "the hive knows no node " + name);
  if (found.size() > 1)
    return fail_as(exit_status::usage, "several nodes are named " + name + "; give the id of one: " + ids);
  if (found.front().getSelf() || found.front().getState() == wire::MemberState::ACTIVE)
    return fail_as(exit_status::refused, "node " + std::string{found.front().getId().cStr()} +
                                           " is active: stop it first, or run hivectl node leave on it");
  return found.front();
}

/// Its certificate too, and all others for the same key.
caf::expected<revocation_content> content_for(wire::NodeInfo::Reader node, const fs::path& ca) {
  revocation_content out;
  out.nodes.insert({node.getId().cStr()});
  if (node.getCertificateSerial().size() == 0)
    return out;
  out.serials.emplace(node.getCertificateSerial().cStr(), now_s());
  out.keys.insert(key_prefix(node.getCertificateKey().cStr()));
  auto issued = read_issued(ca);
  if (!issued)
    return issued.error();
  for (const auto& each : *issued)
    if (as_view(each->getKey()) == as_view(node.getCertificateKey()))
      out.serials.emplace(each->getSerial().cStr(), now_s());
  return out;
}

outcome forget(session& s, const forget_options& options) {
  auto nodes = s.node.ask<wire::NodeList>({.path = "/hive/nodes"});
  if (!nodes)
    return nodes.error();
  auto found = find_node(**nodes, options.node);
  if (!found)
    return found.error();
  auto one = s.node.ask<wire::NodeList>({.path = std::string{"/hive/nodes?node="} + found->getId().cStr()});
  if (!one)
    return one.error();
  auto node = (*one)->getNodes()[0];
  auto content = content_for(node, options.ca);
  if (!content)
    return of_file(content.error());
  auto written = revoke_in(options.ca, *content, now_s());
  if (!written)
    return of_file(written.error());
  auto file = fs::path{options.ca} / ca_files::revocations;
  if (auto failed = send_list(s, file))
    return fail_as(exit_status_of(failed), file.string() + " is written, but not sent: " + text_of(failed));
  auto report = describe(file, *written, node.getTaskRecords(), true);
  s.out.answer(report, [&] {
    s.out.line(text_of_list(*report));
    s.out.line(std::to_string(report->getRecords()) + " task records of " + node.getName().cStr() + " count no more.");
  });
  return exit_status::done;
}

void add_forget(CLI::App& group, context& ctx) {
  auto options = std::make_shared<forget_options>();
  auto& command =
    *group.add_subcommand("forget", "Forget a node that is gone: its statistics go, and it never comes back");
  command.add_option("node", options->node, "Its name or id")->required()->type_name("NAME|ID");
  command.add_option("--ca", options->ca, "Directory of the CA")
    ->required()
    ->check(existing_directory())
    ->type_name("DIR");
  ctx.on(command, [options](session& s) { return forget(s, *options); });
}

// -- the ledger --------------------------------------------------------------------

outcome list_certificates(session& s, const std::string& ca) {
  auto issued = read_issued(ca);
  if (!issued)
    return issued.error();
  auto list = read_revocations(ca);
  if (!list)
    return list.error();
  auto all = msg<wire::IssuedCertificates>::build([&](wire::IssuedCertificates::Builder out) {
    auto entries = out.initCertificates(static_cast<uint32_t>(issued->size()));
    for (uint32_t i = 0; i < entries.size(); ++i) {
      const auto& each = *(*issued)[i];
      entries.setWithCaveats(i, each);
      entries[i].setRevoked(*list && ((*list)->content().serials.contains(each.getSerial().cStr()) ||
                                      (*list)->content().keys.contains(key_prefix(each.getKey().cStr()))));
    }
  });
  s.out.answer(all, [&] {
    table rows{{text_column("SERIAL"), text_column("NAME"), text_column("ROLE"), text_column("ISSUED"),
                text_column("UNTIL"), text_column("STATE")}};
    for (auto each : all->getCertificates())
      rows.add_row({each.getSerial().cStr(), each.getName().cStr(), each.getRole().cStr(),
                    s.out.time(each.getIssuedAt()), format_time(each.getNotAfter()),
                    each.getRevoked()                         ? "revoked"
                    : each.getNotAfter() <= now_unix_micros() ? "expired"
                                                              : "valid"});
    s.out.print(rows);
  });
  return exit_status::done;
}

void add_certificates(CLI::App& group, context& ctx) {
  auto ca = std::make_shared<std::string>();
  auto& command = *group.add_subcommand("certificates", "The certificates that a CA has issued");
  command.add_option("--ca", *ca, "Directory of the CA")->required()->check(existing_directory())->type_name("DIR");
  add_local(ctx, command, [ca](session& s) { return list_certificates(s, *ca); });
}

} // namespace

void add_revocation_commands(CLI::App& node_group, context& ctx) {
  add_revoke(node_group, ctx);
  add_forget(node_group, ctx);
  add_certificates(node_group, ctx);
}

} // namespace hive::ctl
