#pragma once

#include "platform/unique_fd.hpp"

#include <chrono>
#include <string_view>
#include <sys/types.h>

namespace hive::detail {

/// The first process of a sandbox's PID namespace, as the text of the status channel names it. It leads the process
/// group of the command. When it has ended, so have all processes of the namespace, wherever they moved.
class inner_process {
public:
  /// Looks for the process in all that was written to the status channel so far.
  void learn(std::string_view status);

  /// Sends SIGTERM to the command's process group. The first process itself ignores it, because the kernel keeps
  /// signals without a handler from it. False while it is not known, or when it has ended.
  bool terminate() const;

  /// Waits until the process has ended, at most `limit`; at once when none is known. Whether it has.
  bool wait_for_end(std::chrono::milliseconds limit) const;

private:
  pid_t pid_ = -1;
  unique_fd ended_; ///< a pidfd
};

} // namespace hive::detail
