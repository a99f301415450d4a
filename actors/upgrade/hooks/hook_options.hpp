#pragma once

#include "actors/defaults.hpp"

#include <array>
#include <caf/error.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hive {

/// All actions that can have a hook.
inline constexpr std::array<std::string_view, 5> hook_actions{"deploy", "rollback", "on_approve", "on_reject",
                                                              "on_rollback"};

/// The operator's hooks.
struct hook_runner_options {
  /// Program and arguments by action; no shell is involved. An action without one succeeds at once.
  std::map<std::string, std::vector<std::string>, std::less<>> commands = {};
  std::string workdir = {}; ///< working directory of all hooks; empty: the node's own
  /// Time limit of a hook. Then its process group gets SIGTERM, and SIGKILL after `kill_grace`.
  std::chrono::milliseconds timeout = defaults::hook_timeout;
  std::chrono::milliseconds kill_grace = defaults::process_kill_grace;
  /// Added to the minimal environment of a child process.
  std::vector<std::pair<std::string, std::string>> environment = {};

  /// ec::invalid, naming the option.
  caf::error validate() const;
};

} // namespace hive
