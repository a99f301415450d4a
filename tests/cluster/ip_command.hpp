#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace hive::cluster {

/// Whether the shell command succeeds.
inline bool succeeds(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

inline void run(const std::string& command) {
  if (!succeeds(command))
    throw std::runtime_error("failed: " + command);
}

} // namespace hive::cluster
