#pragma once

#include "tests/cluster/hived_process.hpp"

#include <future>
#include <mutex>
#include <string>
#include <vector>

namespace hive::cluster {

/// A `hivectl events --json` process that runs as long as this object.
class event_follower {
public:
  explicit event_follower(const hived_process& node, std::vector<std::string> arguments = {});
  ~event_follower();
  event_follower(const event_follower&) = delete;
  event_follower& operator=(const event_follower&) = delete;

  /// Whether a line with all of these texts arrives within `patience`, after the line found by the previous call.
  bool sees(const std::vector<std::string>& texts);

  /// Everything that it has printed so far.
  std::string output() const;

private:
  mutable std::mutex mutex_; // guards the following
  std::string output_;
  int pid_ = -1;
  size_t seen_ = 0; ///< output bytes up to the line found last
  std::future<void> ended_;
};

} // namespace hive::cluster
