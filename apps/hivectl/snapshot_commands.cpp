#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/documents.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/progress.hpp"
#include "apps/hivectl/snapshot_pages.hpp"
#include "apps/hivectl/snapshot_paths.hpp"
#include "apps/hivectl/snapshot_view.hpp"
#include "apps/hivectl/validators.hpp"
#include "messages/ids.hpp"
#include "platform/http_client.hpp"
#include "storage/hartos/hartos_snapshot.hpp"

#include <filesystem>

namespace hive::ctl {
namespace {

constexpr auto snapshot_examples = "Examples:\n"
                                   "  hivectl snapshot capture v2.1 --repeats 5\n"
                                   "  hivectl snapshot capture v2.1 --no-wait\n"
                                   "  hivectl snapshot capture v2.1 --adapter guardrail --adapter world_model\n"
                                   "  hivectl snapshot show v2.1\n"
                                   "  hivectl snapshot captures v2.1\n"
                                   "  hivectl snapshot show v2.1 --capture 7\n"
                                   "  hivectl snapshot delete v2.1 --capture 7 --reason \"a backup ran\"\n"
                                   "  hivectl snapshot history regression.test_pass_rate\n"
                                   "  hivectl snapshot export v2.1 --out v2.1.json\n"
                                   "  hivectl --url http://other:7420 snapshot import v2.1.json\n"
                                   "  hivectl snapshot import /srv/hart-os/agent_data/benchmarks/v2.1.json\n"
                                   "  hivectl --json snapshot latest";

/// A capture with failed adapters is stored, but it is not what was asked for.
exit_status report_failed_adapters(wire::Snapshot::Reader snapshot, const output& out) {
  if (snapshot.getAdapterErrors() == 0)
    return exit_status::done;
  std::string names;
  for (auto adapter : snapshot.getAdapters())
    if (adapter.getStatus() == wire::AdapterStatus::ERROR)
      names += std::string{names.empty() ? "" : "; "} + adapter.getName().cStr() + ": " + adapter.getReason().cStr();
  out.remark(std::to_string(snapshot.getAdapterErrors()) + " of " + std::to_string(snapshot.getAdapters().size()) +
             " adapters failed: " + names);
  return exit_status::inconclusive;
}

/// Git ids have 40 or 64 hexadecimal digits; short forms are accepted.
constexpr size_t max_git_sha_length = 64;

struct capture_options {
  std::string version;
  std::string git_sha;
  std::string tier = "fast";
  uint32_t repeats = 0;
  bool no_wait = false;
  std::vector<std::string> adapters{}; ///< empty: all of the tier
};

struct show_options {
  std::string version;
  uint64_t capture = 0; ///< 0: the latest one
};

struct import_options {
  std::string file;
  std::string version;
};

struct export_options {
  std::string version;
  std::string out;
};

msg<wire::CaptureRequest> build_request(const capture_options& options) {
  return msg<wire::CaptureRequest>::build([&](auto request) {
    request.setVersion(options.version);
    request.setGitSha(options.git_sha);
    request.setTier(value_of<wire::Tier>(options.tier).value());
    request.setRepeats(options.repeats);
    request.setWait(!options.no_wait);
    if (options.adapters.empty()) // an empty list would name none
      return;
    auto names = request.initAdapters(static_cast<uint32_t>(options.adapters.size()));
    for (uint32_t i = 0; i < names.size(); ++i)
      names.set(i, options.adapters[i]);
  });
}

outcome start_capture(session& s, const capture_options& options) {
  auto answer = s.node.ask<wire::CaptureAccepted>(
    {.method = "POST", .path = "/snapshots?wait=false", .body = to_json(build_request(options))});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] {
    s.out.line("Capture " + std::to_string((*answer)->getCaptureId()) + " of " + options.version +
               " has begun; 'hivectl snapshot show " + options.version + "' shows it when it is done.");
  });
  return exit_status::done;
}

outcome capture(session& s, const capture_options& options) {
  if (options.no_wait)
    return start_capture(s, options);
  auto answer = [&] {
    progress running{"Capturing " + options.version + " (" + options.tier + ")", s.set};
    return s.node.ask<wire::Snapshot>({.method = "POST",
                                       .path = "/snapshots",
                                       .body = to_json(build_request(options)),
                                       .timeout = defaults::capture_timeout});
  }();
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_snapshot(**answer, s.out); });
  return report_failed_adapters(**answer, s.out);
}

/// Joins all pages, so that --json is one document regardless of the list's length.
msg<wire::SnapshotList> join(const std::vector<msg<wire::SnapshotList>>& pages) {
  return msg<wire::SnapshotList>::build([&](auto all) {
    uint32_t count = 0;
    for (const auto& page : pages)
      count += page->getSnapshots().size();
    auto out = all.initSnapshots(count);
    uint32_t place = 0;
    for (const auto& page : pages)
      for (auto snapshot : page->getSnapshots())
        out.setWithCaveats(place++, snapshot);
  });
}

outcome list_versions(session& s) {
  auto pages = fetch_snapshot_pages(s.node);
  if (!pages)
    return pages.error();
  auto all = join(*pages);
  s.out.answer(all, [&] { show_snapshots(*all, s.out); });
  return exit_status::done;
}

outcome show(session& s, const show_options& options) {
  auto path = options.capture == 0 ? snapshot_path(options.version) : capture_path(options.version, options.capture);
  auto answer = s.node.ask<wire::Snapshot>({.path = path});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_snapshot(**answer, s.out); });
  return exit_status::done;
}

outcome latest(session& s) {
  auto answer = s.node.ask<wire::LatestResults>({.path = "/results/latest"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_results(**answer, s.out); });
  return exit_status::done;
}

/// The document to send and its version. Only the version is checked here; the node validates everything else.
struct prepared_import {
  std::string version;
  std::string document;
  std::vector<std::string> notes = {}; ///< what was skipped
};

/// The version for a HART OS file that states none: the file's name; empty for standard input.
std::string stem_of(const std::string& file) {
  return file == "-" ? std::string{} : std::filesystem::path{file}.stem().string();
}

caf::expected<prepared_import> prepare_import(const import_options& options) {
  auto content = read_file(options.file, defaults::max_body_bytes);
  if (!content)
    return content.error();
  auto about = [&](const std::string& what) { return options.file + ": " + what; };
  if (!options.version.empty()) {
    auto renamed = with_member(*content, "version", options.version);
    if (!renamed)
      return fail(code_of(renamed.error()), about(text_of(renamed.error())));
    *content = std::move(*renamed);
  }
  // Other documents are sent unchanged; HART OS files contain more than a node accepts.
  if (is_hartos_snapshot(*content)) {
    auto read = read_hartos_snapshot(*content, stem_of(options.file));
    if (!read)
      return fail(code_of(read.error()), about(text_of(read.error())));
    return prepared_import{read->snapshot->getVersion().cStr(), std::move(read->document), std::move(read->notes)};
  }
  auto members = text_members(*content);
  if (!members)
    return fail(code_of(members.error()), about(text_of(members.error())));
  if (!members->contains("version"))
    return fail(ec::invalid, about("names no version; give one with --version"));
  auto version = members->at("version");
  if (!is_valid_id(version))
    return fail(ec::invalid, about("the version \"" + version + "\" " + std::string{id_rule}));
  return prepared_import{std::move(version), std::move(*content)};
}

outcome import(session& s, const import_options& options) {
  auto prepared = prepare_import(options);
  if (!prepared)
    return prepared.error();
  auto answer = s.node.ask<wire::Snapshot>(
    {.method = "PUT", .path = snapshot_path(prepared->version), .body = std::move(prepared->document)});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_snapshot(**answer, s.out); });
  for (const auto& note : prepared->notes)
    s.out.remark(options.file + ": left out: " + note);
  return exit_status::done;
}

outcome export_snapshot(session& s, const export_options& options) {
  auto answer = s.node.ask<wire::Snapshot>({.path = snapshot_path(options.version)});
  if (!answer)
    return answer.error();
  auto document = to_pretty_json(*answer);
  if (options.out.empty()) {
    s.out.document(document);
    return exit_status::done;
  }
  if (auto written = write_file(options.out, document + "\n"); !written)
    return written.error();
  s.out.line("Wrote " + options.out + ".");
  return exit_status::done;
}

std::string check_git_sha(const std::string& text) {
  bool hex = text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  return hex && text.size() <= max_git_sha_length ? "" : "\"" + text + "\" must be at most 64 hexadecimal digits";
}

void add_capture(CLI::App& group, context& ctx) {
  auto options = std::make_shared<capture_options>();
  auto& command = *group.add_subcommand("capture", "Measure a version now and keep the result");
  command.add_option("VERSION", options->version, "Version of the software that runs now")
    ->required()
    ->check(valid_id());
  command.add_option("--git-sha", options->git_sha, "Its git commit (default: read from the node's checkout)")
    ->check(check_git_sha);
  command.add_option("--tier", options->tier, "Which benchmarks run (default: fast)")
    ->check(CLI::IsMember({"fast", "heavy", "all"}));
  command
    .add_option("--repeats", options->repeats, "Times each benchmark measures (default: as the node is configured)")
    ->check(CLI::Range(1, 1000));
  command
    .add_option("--adapter", options->adapters,
                "Benchmark of the tier that measures, repeatable (default: all of them); 'benchmark list' names them")
    ->check(valid_id())
    ->allow_extra_args(false);
  command.add_flag("--no-wait", options->no_wait, "Return at once, while the node measures");
  ctx.on(command, [options](session& s) { return capture(s, *options); });
}

void add_show(CLI::App& group, context& ctx) {
  auto options = std::make_shared<show_options>();
  auto& command = *group.add_subcommand("show", "Show the latest capture of a version, or another one");
  command.add_option("VERSION", options->version, "Version that was captured")->required()->check(valid_id());
  command
    .add_option("--capture", options->capture, "Number of the capture, as 'captures' lists them (default: the latest)")
    ->check(CLI::PositiveNumber);
  ctx.on(command, [options](session& s) { return show(s, *options); });
}

void add_import(CLI::App& group, context& ctx) {
  auto options = std::make_shared<import_options>();
  auto& command = *group.add_subcommand("import", "Store a snapshot captured elsewhere");
  command
    .add_option("FILE", options->file,
                "JSON of a snapshot, or a file of HART OS's agent_data/benchmarks; - for standard input")
    ->required()
    ->check(file_or_stdin());
  command.add_option("--version", options->version, "Keep it as this version (default: the one in the file)")
    ->check(valid_id());
  ctx.on(command, [options](session& s) { return import(s, *options); });
}

void add_export(CLI::App& group, context& ctx) {
  auto options = std::make_shared<export_options>();
  auto& command = *group.add_subcommand("export", "Write the latest capture of a version as JSON");
  command.add_option("VERSION", options->version, "Version that was captured")->required()->check(valid_id());
  command.add_option("--out", options->out, "File to write (default: standard output)");
  ctx.on(command, [options](session& s) { return export_snapshot(s, *options); });
}

} // namespace

void add_snapshot_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "snapshot", "Measurements of a version of the software", snapshot_examples);
  add_capture(group, ctx);
  ctx.on(*group.add_subcommand("list", "List the captured versions"), list_versions);
  add_show(group, ctx);
  add_capture_commands(group, ctx);
  add_history_command(group, ctx);
  ctx.on(*group.add_subcommand("latest", "Show the newest value of every metric"), latest);
  add_import(group, ctx);
  add_export(group, ctx);
}

} // namespace hive::ctl
