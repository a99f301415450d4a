#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/namespace.capnp.h"
#include "platform/http_client.hpp"

#include <memory>

namespace hive::ctl {
namespace {

constexpr auto namespace_examples = "Examples:\n"
                                    "  hivectl --namespace experiment-7 tool summary\n"
                                    "  hivectl namespace list\n"
                                    "  hivectl namespace delete experiment-7\n"
                                    "A namespace begins to exist with the first thing written to it.";

caf::expected<std::vector<msg<wire::NamespaceList>>> fetch_namespace_pages(const client& node) {
  std::vector<msg<wire::NamespaceList>> out;
  std::string after;
  do {
    auto page = node.ask<wire::NamespaceList>({.path = "/namespaces?limit=1000" + after});
    if (!page)
      return page.error();
    auto position = (*page)->hasNext() ? "&after=" + http::url_encode((*page)->getNext().cStr()) : std::string{};
    if (!position.empty() && position == after)
      return fail_as(exit_status::unreachable, "the node's list of namespaces does not end");
    after = std::move(position);
    out.push_back(std::move(*page));
  } while (!after.empty());
  return out;
}

/// Joins all pages, so that --json is one document regardless of the list's length.
msg<wire::NamespaceList> join(const std::vector<msg<wire::NamespaceList>>& pages) {
  return msg<wire::NamespaceList>::build([&](auto all) {
    uint32_t count = 0;
    for (const auto& page : pages)
      count += page->getNamespaces().size();
    auto out = all.initNamespaces(count);
    uint32_t place = 0;
    for (const auto& page : pages)
      for (auto each : page->getNamespaces())
        out.setWithCaveats(place++, each);
    all.setCount(pages.back()->getCount());
    all.setMax(pages.back()->getMax());
  });
}

outcome list_namespaces(session& s) {
  auto pages = fetch_namespace_pages(s.node);
  if (!pages)
    return pages.error();
  auto all = join(*pages);
  s.out.answer(all, [&] {
    table rows{{text_column("NAMESPACE"), text_column("OPEN")}};
    for (auto each : all->getNamespaces())
      rows.add_row({each.getId().cStr(), format_yes_no(each.getOpen())});
    s.out.print(rows);
  });
  return exit_status::done;
}

outcome delete_namespace(session& s, const std::string& id) {
  auto answer = s.node.ask<wire::NamespaceName>({.method = "DELETE", .path = "/namespaces/" + http::url_encode(id)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { s.out.line("Deleted " + id + " and all that was in it."); });
  return exit_status::done;
}

} // namespace

void add_namespace_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "namespace", "Stores of their own within a node", namespace_examples);
  ctx.on(*group.add_subcommand("list", "List the namespaces, and which are open now"), list_namespaces);
  auto id = std::make_shared<std::string>();
  auto& remove = *group.add_subcommand("delete", "End a namespace and delete all that is in it");
  remove.add_option("ID", *id, "Id of the namespace")->required()->check(valid_id());
  ctx.on(remove, [id](session& s) { return delete_namespace(s, *id); });
}

} // namespace hive::ctl
