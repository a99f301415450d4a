#pragma once

// internal: the policy with which CAF's scheduler runs actors, as its own policies are made: a worker is a thread, a
// resumable an actor that has messages.

#include "actors/scheduling/work_queue.hpp"

#include <caf/policy/unprofiled.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace hive {

/// One queue for all threads, and as few threads awake as the work needs. See work_queue.
class shared_work : public caf::policy::unprofiled {
public:
  /// Far longer than most jobs take, far shorter than a person or a deadline notices.
  static constexpr std::chrono::milliseconds patience{1};

  class coordinator_data {
  public:
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {
    }

    void add(caf::resumable* job) {
      std::unique_lock lock{mutex_};
      wake(lock, queue_.add(job, now()));
    }

    size_t add_worker() {
      std::lock_guard lock{mutex_};
      bells_.emplace_back();
      return queue_.add_worker();
    }

    void remove_worker(size_t who) {
      std::unique_lock lock{mutex_};
      wake(lock, queue_.remove_worker(who, now()));
    }

    /// The next job; waits for one.
    caf::resumable* take(size_t who) {
      std::unique_lock lock{mutex_};
      auto next = queue_.take(who, now());
      while (!next.job) {
        sleep(lock, who);
        next = queue_.take(who, now());
      }
      wake(lock, next.wake);
      return next.job;
    }

    template <class Function>
    void remove_all(Function&& release) {
      std::lock_guard lock{mutex_};
      while (auto* job = queue_.remove())
        release(job);
    }

  private:
    static work_queue::time_point now() {
      return std::chrono::steady_clock::now();
    }

    void sleep(std::unique_lock<std::mutex>& lock, size_t who) {
      auto& bell = bells_[who];
      while (!queue_.is_working(who))
        if (!queue_.is_watching(who))
          bell.wait(lock);
        else if (bell.wait_for(lock, patience) == std::cv_status::timeout)
          queue_.look(who, now());
    }

    void wake(std::unique_lock<std::mutex>& lock, std::optional<size_t> who) {
      if (!who)
        return;
      auto& bell = bells_[*who];
      lock.unlock(); // so that it finds the lock free
      bell.notify_one();
    }

    std::mutex mutex_;
    work_queue queue_{patience};
    std::deque<std::condition_variable> bells_; ///< one for each thread; their addresses stay
  };

  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {
    }

    std::optional<size_t> number = {}; ///< in the queue; given when its thread begins
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    d(self).add(job);
  }

  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).add(job);
  }

  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).add(job);
  }

  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    d(self->parent()).add(job);
  }

  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    auto& number = d(self).number;
    if (!number)
      number = d(self->parent()).add_worker();
    return d(self->parent()).take(*number);
  }

  template <class Worker>
  void before_shutdown(Worker* self) {
    d(self->parent()).remove_worker(*d(self).number);
  }

  template <class Worker, class Function>
  void foreach_resumable(Worker*, Function) {
  }

  template <class Coordinator, class Function>
  void foreach_central_resumable(Coordinator* self, Function release) {
    d(self).remove_all(release);
  }
};

} // namespace hive
