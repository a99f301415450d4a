#include "apps/hive_backup/arguments.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/format.hpp"
#include "messages/backup.capnp.h"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <unistd.h>

namespace hive::ctl {
namespace {

namespace fs = std::filesystem;

constexpr auto backup_examples = "Examples:\n"
                                 "  hivectl backup create\n"
                                 "  hivectl backup list /var/backups/hivemark\n"
                                 "  hivectl backup verify /var/backups/hivemark --open\n"
                                 "  hivectl backup restore /var/backups/hivemark --data /var/lib/hivemark --same-node\n"
                                 "  hivectl backup prune /var/backups/hivemark --keep-daily 7 --keep-weekly 4\n"
                                 "All but 'create' and 'status' need no node; the files have to be on this machine.";

/// The node's time limit for a backup is longer than any takes.
constexpr auto backup_timeout = std::chrono::hours{7 * 24};

struct create_options {
  std::string to;
  uint32_t rate_mib = 0;
};

std::string mib_text(uint64_t bytes) {
  return format_number(static_cast<double>(bytes >> 20)) + " MiB";
}

void show_made(wire::BackupMade::Reader made, output& out) {
  auto backup = made.getBackup();
  out.line("Backup " + std::to_string(backup.getNumber()) + " is in " + made.getDirectory().cStr() + ": " +
           std::to_string(backup.getRecords()) + " records, " + mib_text(backup.getBytes()) + ", of which " +
           mib_text(backup.getNewBytes()) + " are new. All files of the directory were last verified " +
           out.time(made.getLastVerified()) + ".");
  for (auto what : made.getRepaired())
    out.line(std::string{"Repaired, a copy from the store replaces it: "} + what.cStr());
  for (auto what : made.getDamaged())
    out.line(std::string{"Damaged, earlier backups need it: "} + what.cStr());
}

outcome create(session& s, const create_options& options) {
  auto question = msg<wire::BackupRequest>::build([&options](wire::BackupRequest::Builder out) {
    if (!options.to.empty())
      out.setTo(options.to);
    out.setRateMib(options.rate_mib);
  });
  auto answer = s.node.ask<wire::BackupMade>(
    {.method = "POST", .path = "/backups", .body = to_json(question), .timeout = backup_timeout});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_made(**answer, s.out); });
  return exit_status::done;
}

void show_status(wire::Backups::Reader list, output& out) {
  if (!list.hasDirectory())
    return out.line("No directory for backups is configured (backup.directory).");
  out.line("Backups in " + std::string{list.getDirectory().cStr()} + ": " + std::to_string(list.getCount()) + ", " +
           mib_text(list.getBytes()) + " in all.");
  out.line("Last backup: " + (list.getLastSuccess() == 0 ? "never" : out.time(list.getLastSuccess())) +
           ". Last verified: " + (list.getLastVerified() == 0 ? "never" : out.time(list.getLastVerified())) + ".");
  if (list.getRunning())
    out.line("One is being made.");
  if (list.hasLastError())
    out.line(std::string{"The last attempt failed: "} + list.getLastError().cStr());
}

outcome status(session& s) {
  auto answer = s.node.ask<wire::Backups>({.path = "/backups"});
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show_status(**answer, s.out); });
  return exit_status::done;
}

/// hive-backup beside hivectl, or where packages have programs that nobody runs by hand.
caf::expected<fs::path> find_program() {
  std::error_code failed;
  auto own = fs::read_symlink("/proc/self/exe", failed).parent_path();
  for (const auto& folder : {own, own / "../libexec/hivemark", own / "../lib/hivemark"})
    if (::access((folder / "hive-backup").c_str(), X_OK) == 0)
      return folder / "hive-backup";
  return fail_as(exit_status::file_failed, "hive-backup is missing: it belongs beside hivectl in " + own.string());
}

/// Runs hive-backup in the place of this process. Returns only if that fails.
outcome run_program(session& s, backup::arguments given, const context& ctx) {
  auto program = find_program();
  if (!program)
    return program.error();
  given.json = s.json;
  given.token_file = ctx.token_file;
  auto words = backup::words_of(given);
  words.insert(words.begin(), program->string());
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program->c_str(), arguments.data());
  return fail_as(exit_status::file_failed, program->string() + " cannot be run: " + errno_text(errno));
}

} // namespace

void add_backup_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "backup", "Make, verify and restore backups of a node's store", backup_examples);
  auto options = std::make_shared<create_options>();
  auto& make = *group.add_subcommand("create", "Have the node make a backup; what earlier ones have is not copied");
  make.add_option("--to", options->to, "Directory, on the node's machine (default: the configured one)")
    ->type_name("DIR");
  make.add_option("--rate-mib", options->rate_mib, "Most MiB that are copied per second")
    ->check(CLI::Range(1, 1 << 20))
    ->type_name("N");
  ctx.on(make, [options](session& s) { return create(s, *options); });
  ctx.on(*group.add_subcommand("status", "Show when the node's store was last backed up, and verified"), status);
  auto given = std::make_shared<backup::arguments>();
  backup::add_commands(group, *given, [given, &ctx](CLI::App& command) {
    ctx.on(command, [given, &ctx](session& s) { return run_program(s, *given, ctx); });
  });
}

} // namespace hive::ctl
