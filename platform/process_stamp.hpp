#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// A process of this machine, told from a later one with the same number.
struct process_stamp {
  uint32_t pid = 0;
  uint64_t started_ticks = 0; ///< field 22 of /proc/PID/stat
  std::string boot_id;        ///< of the kernel; start times of different boots cannot be compared

  bool operator==(const process_stamp&) const = default;
};

/// The kernel's id of this boot of the machine; empty when it cannot be read.
std::string boot_id();

/// What /proc/PID/stat says of a process's relations.
struct process_relations {
  uint32_t parent = 0;
  uint32_t group = 0;
  uint64_t started_ticks = 0;
  char state = '?'; ///< Z: it has ended and waits for its parent
};

/// Nothing when there is no such process.
std::optional<process_relations> read_relations(uint32_t pid);

/// The relations in the text of a stat file, whose second field may hold any characters.
std::optional<process_relations> parse_relations(std::string_view stat);

/// The value of an environment variable that the process was started with; nothing when it has none or cannot be read.
std::optional<std::string> environment_of(uint32_t pid, std::string_view name);

/// The stamp of the process with this number. ec::not_found when there is none.
caf::expected<process_stamp> stamp_of(uint32_t pid);

/// Whether the process has not ended.
bool is_alive(const process_stamp& who);

/// Sends SIGKILL to the process and all of its group, if it is the leader. Nothing happens when it has ended.
void kill_group(const process_stamp& who);

/// Sends a signal to the leader alone; nothing happens when it has ended.
void send_signal(const process_stamp& who, int signal);

} // namespace hive
