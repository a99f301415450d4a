#pragma once

#include "actors/benchmark/child_process.hpp"

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

/// Long enough for anything on the busiest machine; a test that waits this long has failed.
inline constexpr auto patience = 60s;

inline std::vector<std::string> shell(std::string script) {
  return {"/bin/sh", "-c", std::move(script)};
}

/// A new directory that is removed with its owner.
class scratch_directory {
public:
  scratch_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "hive-process-XXXXXX").string();
    if (!mkdtemp(name.data()))
      std::abort();
    path_ = name;
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    std::error_code ignored; // what cannot be removed from a scratch directory stays there
    std::filesystem::remove_all(path_, ignored);
  }

  std::string file(const std::string& name) const {
    return (path_ / name).string();
  }
  std::string path() const {
    return path_.string();
  }

  std::string write(const std::string& name, const std::string& text, bool executable = false) const {
    std::ofstream{file(name)} << text;
    if (executable)
      std::filesystem::permissions(file(name), std::filesystem::perms::owner_all);
    return file(name);
  }

private:
  std::filesystem::path path_;
};

inline std::string content(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream out;
  out << file.rdbuf(); // unlike an iterator, does not throw for a file of /proc whose process ends meanwhile
  return out.str();
}

template <class Condition>
bool wait_until(Condition&& condition) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

/// The pid that a script wrote into `path`, as soon as it has.
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

/// Children of this process, zombies too.
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
