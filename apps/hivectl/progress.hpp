#pragma once

#include "apps/hivectl/text.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace hive::ctl {

/// While it lives, says on standard error what is being done and for how many seconds already, on one line that it
/// wipes in the end. Silent when standard error is not a terminal.
class progress {
public:
  progress(std::string what, charset set);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Says from now on that this is being done.
  void now(std::string what);

private:
  void tick(const std::stop_token& stop);

  charset set_;
  std::string what_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread ticker_; ///< last: it uses the others
};

} // namespace hive::ctl
