#include "apps/hive_backup/command_line.hpp"

#include "apps/hive_backup/arguments.hpp"
#include "apps/hive_backup/peers.hpp"
#include "apps/hive_backup/show.hpp"
#include "messages/change.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "platform/read_file.hpp"
#include "platform/version.hpp"
#include "storage/backup/backup_directory.hpp"
#include "storage/backup/backup_prune.hpp"
#include "storage/backup/backup_restore.hpp"
#include "storage/backup/backup_verify.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>

namespace hive::backup {
namespace {

enum exit_status : int {
  done = 0,
  damaged = 1,
  usage = 64,
  refused = 65,
  missing = 66,
  unreachable = 69,
  failed = 74,
  denied = 77
};

constexpr uint32_t max_listed = 1'000;
constexpr size_t max_token_bytes = 4'096;

constexpr auto footer = "hivectl backup runs this program; it needs no node.\n"
                        "Exit status: 0 done, 1 a backup is damaged, 64 wrong usage, 65 refused, 66 no such backup,\n"
                        "69 a node cannot be asked, 74 a file cannot be read or written, 77 not allowed.";

/// A signal handler can reach nothing else.
std::atomic<bool> cancelled = false;

void cancel(int) {
  cancelled = true;
}

int status_of(const caf::error& err) {
  switch (code_of(err)) {
  case ec::corrupt:
    return damaged;
  case ec::not_found:
    return missing;
  case ec::unauthorized:
    return denied;
  case ec::storage_failed:
    return failed;
  case ec::unavailable:
  case ec::timed_out:
    return unreachable;
  default:
    return refused;
  }
}

int complain(const caf::error& err) {
  std::fprintf(stderr, "hive-backup: %s\n", printable(text_of(err)).c_str());
  return status_of(err);
}

template <class T>
int print(const msg<T>& answer, bool json, int status = done) {
  auto text = json ? to_pretty_json(answer) + "\n" : show(*answer);
  bool is_printed = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return is_printed ? status : failed;
}

template <class T>
int print(const caf::expected<msg<T>>& answer, bool json) {
  return answer ? print(*answer, json) : complain(answer.error());
}

int verify(const arguments& given) {
  auto found = verify_backups(given.directory, {.number = given.number, .open = given.open}, cancelled);
  if (!found)
    return complain(found.error());
  bool all_good = true;
  for (auto backup : (*found)->getBackups())
    all_good = all_good && !backup.hasProblem();
  return print(*found, given.json, all_good ? done : damaged);
}

/// The later epoch must be later than all that others have seen.
caf::expected<uint64_t> epoch_seen_by_peers(const arguments& given) {
  if (given.new_node || given.peers.empty())
    return uint64_t{0};
  auto manifest = find_backup(given.directory, given.number);
  if (!manifest)
    return manifest.error();
  std::string token;
  if (!given.token_file.empty()) {
    auto text = read_file(given.token_file, max_token_bytes);
    if (!text)
      return text.error();
    token = text->substr(0, text->find_last_not_of(" \r\n") + 1);
  }
  auto seen = ask_peers(given.peers, token, std::string{as_view((*manifest)->getNode())});
  if (!seen)
    return seen.error();
  return seen->epoch;
}

int restore(const arguments& given) {
  auto epoch = epoch_seen_by_peers(given);
  if (!epoch)
    return complain(epoch.error());
  restore_options options;
  options.number = given.number;
  options.data = given.data;
  options.as = given.new_node ? restore_as::new_node : restore_as::same_node;
  options.epoch_above = *epoch;
  auto restored = restore_backup(given.directory, options, cancelled);
  if (!restored)
    return complain(restored.error());
  auto asked = changed(*restored, [&given](wire::BackupRestored::Builder out) {
    out.setPeersAsked(given.new_node ? 0 : static_cast<uint32_t>(given.peers.size()));
  });
  return print(asked, given.json);
}

int prune(const arguments& given) {
  prune_options options;
  options.keep = {given.keep_last, given.keep_daily, given.keep_weekly, given.keep_monthly};
  options.drop = given.drop;
  options.dry_run = given.dry_run;
  if (options.keep.is_empty() && options.drop.empty()) {
    std::fprintf(stderr, "hive-backup: prune needs a rule, such as --keep-daily 7, or --drop N\n");
    return usage;
  }
  return print(prune_backups(given.directory, options), given.json);
}

int run(const arguments& given) {
  switch (given.chosen) {
  case command::list:
    return print(list_backups(given.directory, max_listed), given.json);
  case command::verify:
    return verify(given);
  case command::restore:
    return restore(given);
  case command::prune:
    return prune(given);
  case command::none:
    break;
  }
  return usage;
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = cancel;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

} // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app{"Lists, verifies, restores and deletes backups of nodes.", "hive-backup"};
  arguments given;
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(footer);
  app.set_version_flag("--version", std::string{"hive-backup "} + version_text);
  app.add_flag("--json", given.json, "Print one JSON document");
  app.add_option("--token-file", given.token_file, "File that holds the token for the peers");
  add_commands(app, given);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    auto status = app.exit(e);
    return status == 0 ? done : usage;
  }
  handle_signals();
  try {
    return run(given);
  } catch (const std::exception& e) { // the boundary of this program
    return complain(fail(ec::internal, e.what()));
  }
}

} // namespace hive::backup
