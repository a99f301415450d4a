#pragma once

#include "tests/cluster/hived_process.hpp"

#include <future>
#include <mutex>
#include <string>
#include <vector>

namespace hive::cluster {

/// A `hivectl events --json` that runs from the construction to the destruction.
class event_follower {
public:
  explicit event_follower(const hived_process& node, std::vector<std::string> arguments = {});
  ~event_follower();
  event_follower(const event_follower&) = delete;
  event_follower& operator=(const event_follower&) = delete;

  /// Whether a line that holds all of these texts comes within `patience`, behind the one found before.
  bool sees(const std::vector<std::string>& texts);

  /// What it has printed so far.
  std::string output() const;

private:
  mutable std::mutex mutex_; // guards what follows
  std::string output_;
  int pid_ = -1;
  size_t seen_ = 0; ///< bytes up to the line found last
  std::future<void> ended_;
};

} // namespace hive::cluster
