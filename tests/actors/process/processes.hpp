#pragma once

#include "actors/process/child_process.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>

/// Helpers of the tests that run processes.
namespace hive::testing_processes {

using namespace std::chrono_literals;

inline std::vector<std::string> shell(std::string script) {
  return {"/bin/sh", "-c", std::move(script)};
}

/// A new directory that contains the files that scripts need.
class scratch_directory {
public:
  std::string file(const std::string& name) const {
    return (directory_.path() / name).string();
  }
  std::string path() const {
    return directory_.path().string();
  }

  std::string write(const std::string& name, const std::string& text, bool executable = false) const {
    std::ofstream{file(name)} << text;
    if (executable)
      std::filesystem::permissions(file(name), std::filesystem::perms::owner_all);
    return file(name);
  }

private:
  temporary_directory directory_;
};

inline std::string content(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream out;
  out << file.rdbuf(); // unlike an iterator, does not throw when the process behind a /proc file ends meanwhile
  return out.str();
}

/// The pid that a script writes to `path`; waits for it.
inline pid_t pid_in(const std::string& path) {
  wait_until([&] { return content(path).find('\n') != std::string::npos; });
  auto text = content(path);
  return text.empty() ? -1 : static_cast<pid_t>(std::stol(text));
}

/// Whether the process runs; a zombie does not.
inline bool is_alive(pid_t pid) {
  auto stat = content("/proc/" + std::to_string(pid) + "/stat");
  auto state = stat.find(") ");
  return state != std::string::npos && stat[state + 2] != 'Z' && stat[state + 2] != 'X';
}

/// Children of this process, including zombies.
inline std::set<std::string> children() {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos)
      continue;
    auto stat = content(entry.path() / "stat");
    auto state = stat.rfind(") ");
    if (state == std::string::npos)
      continue;
    if (stat.substr(state + 4, stat.find(' ', state + 4) - state - 4) == std::to_string(getpid()))
      out.insert(name);
  }
  return out;
}

} // namespace hive::testing_processes
