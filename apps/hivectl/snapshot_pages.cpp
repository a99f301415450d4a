#include "apps/hivectl/snapshot_pages.hpp"

#include "apps/hivectl/exit_status.hpp"
#include "apps/hivectl/snapshot_paths.hpp"
#include "platform/http_client.hpp"

namespace hive::ctl {
namespace {

/// Page size: a node's maximum.
constexpr auto entries_of_a_page = "1000";

} // namespace

caf::expected<std::vector<msg<wire::SnapshotList>>> fetch_snapshot_pages(const client& node) {
  std::vector<msg<wire::SnapshotList>> pages;
  std::string after;
  for (;;) {
    std::string path = std::string{"/snapshots?limit="} + entries_of_a_page;
    if (!after.empty())
      path += "&after=" + http::url_encode(after);
    auto page = node.ask<wire::SnapshotList>({.path = path});
    if (!page)
      return page.error();
    pages.push_back(*page);
    std::string next = (*page)->getNext().cStr();
    if (next.empty())
      return pages;
    if (next <= after) // versions come in byte order; without progress the loop would never end
      return fail_as(exit_status::unreachable, "the node's list of snapshots does not end");
    after = std::move(next);
  }
}

caf::expected<std::vector<msg<wire::CaptureList>>> fetch_capture_pages(const client& node, const std::string& version) {
  std::vector<msg<wire::CaptureList>> pages;
  uint64_t after = 0;
  for (;;) {
    auto path = captures_path(version) + "?limit=" + entries_of_a_page;
    if (after != 0)
      path += "&after=" + std::to_string(after);
    auto page = node.ask<wire::CaptureList>({.path = path});
    if (!page)
      return page.error();
    pages.push_back(*page);
    auto next = (*page)->getNext();
    if (next == 0)
      return pages;
    if (next <= after) // captures come in order of their numbers; without progress the loop would never end
      return fail(ec::malformed, "the node's list of captures does not end");
    after = next;
  }
}

} // namespace hive::ctl
