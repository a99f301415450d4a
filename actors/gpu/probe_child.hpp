#pragma once

#include "actors/process/process_start.hpp"

#include <array>
#include <caf/expected.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// A running hive-gpu-probe. No function waits for it. Its destructor kills it and reaps it if it has ended.
class probe_child {
public:
  /// Starts the program in a process group of its own, with this process's environment. It dies with this process.
  static caf::expected<probe_child> start(const std::filesystem::path& program, const std::string& library,
                                          std::chrono::milliseconds interval, std::vector<resource_limit> limits);

  probe_child(probe_child&&) noexcept = default;
  probe_child& operator=(probe_child&&) noexcept;
  ~probe_child();

  /// Descriptors that are readable when `read` or `reap` has something to do; -1 for one that is closed.
  std::array<int, 3> sources() const;

  /// What it has printed, at most 64 KiB; empty when there is nothing now.
  std::string read();

  /// Sets the time between polls. False when the child does not read at the moment: try again later.
  bool set_interval(std::chrono::milliseconds interval);

  void kill() const;

  /// Why it ended, if it has.
  std::optional<std::string> reap();

  /// Whether it ended without executing the program; known when it was reaped.
  bool has_failed_to_start() const {
    return has_failed_to_start_;
  }

  /// Waits until it has ended, for at most so long, and reaps it then.
  bool reap_within(std::chrono::milliseconds time);

  pid_t pid() const {
    return process_.pid;
  }

private:
  probe_child(process_options options, detail::started_process process)
      : options_{std::move(options)}, process_{std::move(process)} {
  }

  void read_errors();
  std::string describe_end(int code, int status);

  process_options options_;
  detail::started_process process_;
  bool has_failed_to_start_ = false;
  std::string errors_; ///< the end of what it wrote to standard error
};

/// Killed probes that do not end, because they are stuck in the driver. They stay until they do, or until this process
/// ends.
class stuck_probes {
public:
  void add(probe_child child) {
    children_.push_back(std::move(child));
  }

  size_t count() const {
    return children_.size();
  }

  /// Forgets those that have ended; returns how many.
  size_t reap();

private:
  std::vector<probe_child> children_;
};

} // namespace hive
