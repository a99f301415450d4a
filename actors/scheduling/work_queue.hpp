#pragma once

#include <caf/fwd.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace hive {

/// The jobs of threads that share one queue, and which thread to wake for them; pure, the time is passed in.
///
/// Waking a thread costs as much as several of an actor's messages, and jobs are mostly short: the thread that runs one
/// is through with it before another thread is awake. So a job is left to the threads that work already, unless each of
/// them has been at its job for longer than `patience`. For the job that turns out to be long afterwards, one thread
/// watches while others work: it looks at the queue every `patience` and takes a job that has waited that long,
/// after which others wake at once for what has waited as long.
class work_queue {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;
  using worker = size_t; ///< number of a thread

  explicit work_queue(duration patience) : patience_{patience} {
  }

  /// A further thread, which works: it takes jobs.
  worker add_worker();

  /// The thread takes no more jobs. Returns the thread to wake for those that are left.
  std::optional<worker> remove_worker(worker who, time_point now);

  /// Adds a job. Returns the thread to wake for it.
  std::optional<worker> add(caf::resumable* job, time_point now);

  struct taken {
    caf::resumable* job = nullptr; ///< null when there is none: the thread is to sleep until it works again
    std::optional<worker> wake = {};
  };

  /// The next job for a thread that works.
  taken take(worker who, time_point now);

  bool is_working(worker who) const {
    return workers_[who].now == state::working;
  }

  /// Whether it is to call `look` every `patience`.
  bool is_watching(worker who) const {
    return watcher_ == who;
  }

  /// What the watching thread sees. It then works, sleeps, or watches on.
  void look(worker who, time_point now);

  /// Removes a job of those that nobody will take any more; null when there is none.
  caf::resumable* remove();

private:
  enum class state : uint8_t { working, asleep, watching, gone };

  struct status {
    state now = state::working;
    time_point began = {}; ///< when it took its job, or was told to work
  };

  std::optional<worker> find_help(time_point now);
  bool is_someone_free_soon(time_point now) const;
  worker begin_work(worker who, time_point now);
  std::optional<worker> appoint_watcher();

  const duration patience_;
  std::deque<caf::resumable*> jobs_;
  std::vector<status> workers_;
  std::vector<worker> asleep_; ///< the last one sleeps shortest, so its caches are warmest
  size_t working_ = 0;
  std::optional<worker> watcher_;
  uint64_t added_ = 0, removed_ = 0;
  uint64_t added_at_look_ = 0; ///< number of jobs ever added, at the watching thread's last look
  uint64_t late_before_ = 0;   ///< the jobs numbered below this have waited for a patience
};

} // namespace hive
