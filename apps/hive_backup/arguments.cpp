#include "apps/hive_backup/arguments.hpp"

#include <array>

namespace hive::backup {
namespace {

constexpr std::array names{"", "list", "verify", "restore", "prune"}; // in the order of command

CLI::App& add(CLI::App& group, arguments& out, command which, const char* description) {
  auto& added = *group.add_subcommand(names[static_cast<size_t>(which)], description);
  added.add_option("DIR", out.directory, "Directory of the backups")->required()->type_name("");
  added.parse_complete_callback([&out, which] { out.chosen = which; });
  return added;
}

void add_number(CLI::App& to, arguments& out, const char* description) {
  to.add_option("N", out.number, description)->check(CLI::PositiveNumber)->type_name("");
}

CLI::App& add_verify(CLI::App& group, arguments& out) {
  auto& verify = add(group, out, command::verify, "Read all files of backups and compare them with the manifests");
  add_number(verify, out, "Number of the backup (default: all)");
  verify.add_flag("--open", out.open, "Also open each copy and count its records");
  return verify;
}

CLI::App& add_restore(CLI::App& group, arguments& out) {
  auto& restore = add(group, out, command::restore, "Verify a backup and copy its store into a new data directory");
  add_number(restore, out, "Number of the backup (default: the newest)");
  restore.add_option("--data", out.data, "The data directory; must not exist")->required()->type_name("NEW");
  auto* identity = restore.add_option_group("identity", "What becomes of the node's identity; one is needed");
  identity->add_flag("--same-node", out.same_node, "Keep it, in a later epoch: the original no longer runs");
  identity->add_flag("--new-node", out.new_node, "Take a new one: for a copy, or a test, beside the original");
  identity->require_option(1);
  restore
    .add_option("--peer", out.peers,
                "URL of a node of the hive, asked whether the original still runs; may be repeated")
    ->type_name("URL")
    ->allow_extra_args(false);
  return restore;
}

CLI::App& add_prune(CLI::App& group, arguments& out) {
  auto& prune = add(group, out, command::prune, "Delete backups; never the newest, nor the newest that was verified");
  prune.add_option("--keep-last", out.keep_last, "Keep so many of the newest")->type_name("N");
  prune.add_option("--keep-daily", out.keep_daily, "Keep the newest of each of so many days that have one")
    ->type_name("N");
  prune.add_option("--keep-weekly", out.keep_weekly, "The same of weeks, which begin on Monday (UTC)")->type_name("N");
  prune.add_option("--keep-monthly", out.keep_monthly, "The same of months")->type_name("N");
  prune.add_option("--drop", out.drop, "Delete this backup, damaged or not; may be repeated")
    ->type_name("N")
    ->allow_extra_args(false);
  prune.add_flag("--dry-run", out.dry_run, "Say what would be deleted");
  return prune;
}

class word_list {
public:
  void add(const std::string& option, const std::string& value) {
    words_.push_back(option + "=" + value);
  }

  void add_count(const char* option, uint32_t count) {
    if (count > 0)
      add(option, std::to_string(count));
  }

  void add_flag(const char* option, bool is_set) {
    if (is_set)
      words_.emplace_back(option);
  }

  /// Arguments without an option stand behind "--", so that none is taken for one.
  std::vector<std::string> with_arguments(const arguments& given) && {
    words_.emplace_back("--");
    words_.push_back(given.directory);
    if (given.number > 0)
      words_.push_back(std::to_string(given.number));
    return std::move(words_);
  }

private:
  std::vector<std::string> words_;
};

} // namespace

void add_commands(CLI::App& group, arguments& out, const std::function<void(CLI::App&)>& on_command) {
  on_command(add(group, out, command::list, "List the backups in a directory, newest first"));
  on_command(add_verify(group, out));
  on_command(add_restore(group, out));
  on_command(add_prune(group, out));
}

std::vector<std::string> words_of(const arguments& given) {
  word_list out;
  out.add_flag("--json", given.json);
  if (!given.token_file.empty())
    out.add("--token-file", given.token_file);
  out.add_flag(names[static_cast<size_t>(given.chosen)], true);
  out.add_flag("--open", given.open);
  if (!given.data.empty())
    out.add("--data", given.data);
  out.add_flag("--same-node", given.same_node);
  out.add_flag("--new-node", given.new_node);
  for (const auto& peer : given.peers)
    out.add("--peer", peer);
  out.add_count("--keep-last", given.keep_last);
  out.add_count("--keep-daily", given.keep_daily);
  out.add_count("--keep-weekly", given.keep_weekly);
  out.add_count("--keep-monthly", given.keep_monthly);
  for (auto number : given.drop)
    out.add_count("--drop", number);
  out.add_flag("--dry-run", given.dry_run);
  return std::move(out).with_arguments(given);
}

} // namespace hive::backup
