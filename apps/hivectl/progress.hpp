#pragma once

#include "apps/hivectl/text.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace hive::ctl {

/// Shows the current activity and its duration on one line of standard error, which the destructor clears. Silent when
/// standard error is not a terminal.
class progress {
public:
  progress(std::string what, charset set);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Sets the activity to show.
  void now(std::string what);

  /// Prints a line on standard error, above the line of the activity.
  void tell(std::string_view text);

private:
  void tick(const std::stop_token& stop);

  charset set_;
  std::string what_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread ticker_; ///< last member: the thread uses the others
};

} // namespace hive::ctl
