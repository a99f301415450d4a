#include "apps/hivectl/access_commands.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/duration_option.hpp"
#include "apps/hivectl/format.hpp"
#include "messages/audit.capnp.h"
#include "messages/timestamp.hpp"
#include "platform/http_client.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace hive::ctl {
namespace {

constexpr auto audit_examples = "Examples:\n"
                                "  hivectl audit list --since 1h\n"
                                "  hivectl audit list --since 1d --json-lines >> audit.jsonl\n"
                                "Recorded are requests that need role operate, before they are carried out.";

constexpr double default_audit_since_s = 86'400;

struct audit_list_options {
  double since_s = default_audit_since_s;
  bool json_lines = false;
};

caf::expected<std::vector<msg<wire::AuditPage>>> fetch_audit_pages(const client& node, int64_t since) {
  std::vector<msg<wire::AuditPage>> out;
  std::string before;
  uint64_t last = UINT64_MAX;
  do {
    auto page = node.ask<wire::AuditPage>(
      {.path = "/audit?limit=1000&since=" + http::url_encode(format_iso8601(since)) + before});
    if (!page)
      return page.error();
    auto next = (*page)->getNext();
    if (next >= last)
      return fail_as(exit_status::unreachable, "the node's audit does not end");
    before = next == 0 ? std::string{} : "&before=" + std::to_string(next);
    last = next;
    out.push_back(std::move(*page));
  } while (!before.empty());
  return out;
}

/// All pages as one, so that --json is one document.
msg<wire::AuditPage> join_audit(const std::vector<msg<wire::AuditPage>>& pages) {
  uint32_t count = 0;
  for (const auto& page : pages)
    count += page->getRecords().size();
  return msg<wire::AuditPage>::build([&](wire::AuditPage::Builder out) {
    auto records = out.initRecords(count);
    uint32_t place = 0;
    for (const auto& page : pages)
      for (auto each : page->getRecords())
        records.setWithCaveats(place++, each);
  });
}

std::string act_caller(wire::AuditRecord::Reader record) {
  auto kind = name_of(record.getKind());
  return record.hasWho() && record.getKind() != wire::CallerKind::OPERATOR ? kind + " " + record.getWho().cStr() : kind;
}

std::string act_answer(wire::AuditRecord::Reader record) {
  auto out = record.getRefused() ? std::string{"refused"} : std::string{"no answer"};
  if (record.getStatus() != 0)
    out = std::to_string(record.getStatus());
  if (record.getSkipped() > 0)
    out += " (+" + std::to_string(record.getSkipped()) + ")";
  if (record.hasProblem())
    out += std::string{" "} + record.getProblem().cStr();
  else if (record.hasMade())
    out += std::string{" "} + record.getMade().cStr();
  return out;
}

std::string act_request(wire::AuditRecord::Reader record) {
  auto out = std::string{record.getMethod().cStr()} + " " + record.getPath().cStr();
  return record.hasSubject() ? out + " " + record.getSubject().cStr() : out;
}

void show_audit(wire::AuditPage::Reader page, output& out) {
  table rows{{text_column("TIME"), text_column("WHO"), text_column("FROM"), text_column("REQUEST"),
              text_column("NAMESPACE"), text_column("ANSWER")}};
  for (auto each : page.getRecords())
    rows.add_row({format_time(each.getAt()), act_caller(each), each.getFrom().cStr(), act_request(each),
                  each.getNameSpace().cStr(), act_answer(each)});
  out.print(rows);
}

/// Oldest first, as a log.
void show_audit_lines(wire::AuditPage::Reader page, output& out) {
  auto records = page.getRecords();
  for (uint32_t i = records.size(); i-- > 0;)
    out.unchanged(to_json(msg<wire::AuditRecord>::copy_of(records[i])) + "\n");
}

outcome list_audit(session& s, const audit_list_options& options) {
  auto since = now_unix_micros() - static_cast<int64_t>(options.since_s * micros_per_s);
  auto pages = fetch_audit_pages(s.node, std::max<int64_t>(since, 1));
  if (!pages)
    return pages.error();
  auto all = join_audit(*pages);
  if (options.json_lines)
    show_audit_lines(*all, s.out);
  else
    s.out.answer(all, [&] { show_audit(*all, s.out); });
  return exit_status::done;
}

} // namespace

void add_audit_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "audit", "Who operated the node", audit_examples);
  auto options = std::make_shared<audit_list_options>();
  auto& command = *group.add_subcommand("list", "List what operators did, and who was not allowed to, newest first");
  add_duration_option(command, "--since", options->since_s, "How far back (default: 1d)");
  command.add_flag("--json-lines", options->json_lines, "Print one JSON document per line, oldest first");
  ctx.on(command, [options](session& s) { return list_audit(s, *options); });
}

} // namespace hive::ctl
