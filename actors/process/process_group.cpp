#include "actors/process/process_group.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <dirent.h>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

namespace hive::detail {
namespace {

using namespace std::chrono_literals;

/// Whether this is the number of a process that runs in the group; see proc_pid_stat(5).
bool runs_in(const char* pid, pid_t group) {
  std::ifstream file{std::string{"/proc/"} + pid + "/stat"};
  std::string text;
  std::getline(file, text);
  auto name_end = text.rfind(')'); // the name may hold anything
  if (name_end == std::string::npos)
    return false; // it has ended meanwhile
  std::istringstream rest{text.substr(name_end + 1)};
  char state = 0;
  pid_t parent = 0, its_group = 0;
  rest >> state >> parent >> its_group;
  return rest && its_group == group && state != 'Z' && state != 'X';
}

bool any_runs_in(pid_t group) {
  std::unique_ptr<DIR, int (*)(DIR*)> processes{opendir("/proc"), closedir};
  if (!processes)
    return true;
  while (const auto* entry = readdir(processes.get()))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && runs_in(entry->d_name, group))
      return true;
  return false;
}

} // namespace

bool wait_for_group_end(pid_t group, std::chrono::milliseconds limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  // Nearly always the group is gone. Otherwise it may consist of zombies that nobody reaps, hence /proc.
  for (auto pause = 1ms; kill(-group, 0) == 0 || errno == EPERM; pause = std::min(2 * pause, 50ms)) {
    if (!any_runs_in(group))
      return true;
    if (std::chrono::steady_clock::now() >= end)
      return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

} // namespace hive::detail
