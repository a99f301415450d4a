#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hive::backup {

enum class command : uint8_t { none, list, verify, restore, prune };

/// The command line of hive-backup, which is also that of the commands `hivectl backup` that need no node.
struct arguments {
  command chosen = command::none;
  std::string directory;
  uint32_t number = 0; ///< 0: not given
  bool open = false;
  std::string data;
  bool same_node = false;
  bool new_node = false;
  std::vector<std::string> peers;
  std::string token_file; ///< for the peers; empty: none
  uint32_t keep_last = 0;
  uint32_t keep_daily = 0;
  uint32_t keep_weekly = 0;
  uint32_t keep_monthly = 0;
  std::vector<uint32_t> drop;
  bool dry_run = false;
  bool json = false;
};

/// Adds the commands to `group`. When one is parsed, `out` has its arguments and `on_chosen`, if any, is told of it.
/// `out` must outlive the group.
void add_commands(
  CLI::App& group, arguments& out, const std::function<void(CLI::App&)>& on_command = [](CLI::App&) {});

/// The words that are parsed as `given`, for a call of hive-backup.
std::vector<std::string> words_of(const arguments& given);

} // namespace hive::backup
