#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/snapshot_pages.hpp"
#include "apps/hivectl/snapshot_paths.hpp"
#include "apps/hivectl/snapshot_view.hpp"
#include "apps/hivectl/validators.hpp"

namespace hive::ctl {
namespace {

struct delete_options {
  std::string version;
  uint64_t capture = 0;
  std::string reason;
};

/// Joins all pages, so that --json is one document regardless of the list's length.
msg<wire::CaptureList> join(const std::vector<msg<wire::CaptureList>>& pages) {
  return msg<wire::CaptureList>::build([&](wire::CaptureList::Builder all) {
    uint32_t count = 0;
    for (const auto& page : pages)
      count += page->getCaptures().size();
    all.setVersion(pages.front()->getVersion());
    all.setRunning(pages.front()->getRunning());
    auto out = all.initCaptures(count);
    uint32_t place = 0;
    for (const auto& page : pages)
      for (auto capture : page->getCaptures())
        out.setWithCaveats(place++, capture);
  });
}

outcome list_captures(session& s, const std::string& version) {
  auto pages = fetch_capture_pages(s.node, version);
  if (!pages)
    return pages.error();
  auto all = join(*pages);
  s.out.answer(all, [&] { show_captures(*all, s.out); });
  return exit_status::done;
}

outcome delete_capture(session& s, const delete_options& options) {
  auto path = capture_path(options.version, options.capture) + "?reason=" + http::url_encode(options.reason);
  auto answer = s.node.ask<wire::CaptureDeleted>({.method = "DELETE", .path = path});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    auto left = (*answer)->getCaptures();
    auto deleted = "Deleted capture " + std::to_string(options.capture) + " of " + options.version + ". ";
    s.out.line(left == 0 ? deleted + "It was the last one: the version is unknown now."
                         : deleted + "Its snapshot is capture " + std::to_string((*answer)->getLatest()) + ", of " +
                             std::to_string(left) + " that are left.");
  });
  return exit_status::done;
}

} // namespace

void add_capture_commands(CLI::App& snapshot_group, context& ctx) {
  auto version = std::make_shared<std::string>();
  auto& captures = *snapshot_group.add_subcommand("captures", "List all captures of a version, deleted ones too");
  captures.add_option("VERSION", *version, "Version that was captured")->required()->check(valid_id());
  ctx.on(captures, [version](session& s) { return list_captures(s, *version); });

  auto options = std::make_shared<delete_options>();
  auto& remove = *snapshot_group.add_subcommand("delete", "Delete one capture of a version");
  remove.add_option("VERSION", options->version, "Version that was captured")->required()->check(valid_id());
  remove.add_option("--capture", options->capture, "Number of the capture, as 'captures' lists them")
    ->required()
    ->check(CLI::PositiveNumber);
  remove.add_option("--reason", options->reason, "Why; stays with the list of captures and the history")->required();
  ctx.on(remove, [options](session& s) { return delete_capture(s, *options); });
}

} // namespace hive::ctl
