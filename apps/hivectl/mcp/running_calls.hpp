#pragma once

#include "apps/hivectl/mcp/conversation.hpp"
#include "apps/hivectl/mcp/line_writer.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace hive::ctl::mcp {

/// The calls that are being answered, each by a thread of its own. All functions are called by one thread.
class running_calls {
public:
  /// Both must outlive it.
  running_calls(const session& s, line_writer& out) : s_{s}, out_{out} {
  }
  ~running_calls();
  running_calls(const running_calls&) = delete;
  running_calls& operator=(const running_calls&) = delete;

  void start(const wanted_call& call);

  /// Ends a call without an answer. One that is not known, because it was answered, is no error.
  void cancel(const std::string& id);

  /// Forgets the calls that were answered, and tells hosts that asked for it that the others go on.
  void look_after();

  /// Waits until all are answered, at most for this long.
  void finish(std::chrono::milliseconds patience);

  /// Ends all calls without an answer, and waits until they have ended.
  void stop();

private:
  using call_clock = std::chrono::steady_clock;

  struct running {
    explicit running(const wanted_call& what) : call{what} {
    }

    const wanted_call call;
    call_clock::time_point since = call_clock::now();
    std::atomic<bool> is_done = false;
    std::atomic<bool> is_cancelled = false;
    std::jthread thread{}; ///< last member: the thread uses the others
  };

  void run(running& each, const std::stop_token& stop);
  std::string result_of(const wanted_call& call, const std::stop_token& stop) const;

  const session& s_;
  line_writer& out_;
  std::list<running> calls_;
  std::mutex mutex_; ///< for `ended_` alone
  std::condition_variable ended_;
};

} // namespace hive::ctl::mcp
