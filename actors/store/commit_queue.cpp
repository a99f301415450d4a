#include "actors/store/commit_queue.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <caf/all.hpp>

namespace hive {

caf::error commit_queue::add(caf::mailbox_element_ptr request, const commit_group::sender& who) {
  std::lock_guard lock{mutex_};
  if (closed_)
    return fail(ec::unavailable, "the committer has ended");
  if (gathered_.sets() >= defaults::max_pending_commits ||
      gathered_.bytes() + writes_of(*request).bytes() > defaults::max_pending_commit_bytes)
    return fail(ec::overloaded, std::to_string(gathered_.sets()) + " writes wait for the disk already");
  gathered_.add(std::move(request), who);
  if (gathered_.sets() >= wanted_) {
    wanted_ = nobody_sleeps;
    arrived_.notify_one();
  }
  return caf::none;
}

std::optional<commit_group> commit_queue::take(const last_group& last) {
  std::unique_lock lock{mutex_};
  while (!closed_) {
    auto wait = time_to_gather(last, gathered_.sets(), std::chrono::steady_clock::now());
    if (wait.count() == 0 && gathered_.sets() > 0)
      return std::exchange(gathered_, {});
    wanted_ = wait.count() > 0 ? last.sets : 1;
    if (wait.count() > 0)
      arrived_.wait_for(lock, wait);
    else
      arrived_.wait(lock);
    wanted_ = nobody_sleeps;
  }
  return std::nullopt;
}

void commit_queue::close(caf::error reason) {
  std::unique_lock lock{mutex_};
  if (closed_)
    return;
  closed_ = std::move(reason);
  arrived_.notify_one();
  auto left = std::exchange(gathered_, {});
  lock.unlock();
  left.answer(fail(ec::unavailable, "the committer ended before this was written"));
}

caf::error commit_queue::reason() const {
  std::lock_guard lock{mutex_};
  return closed_.value_or(caf::error{});
}

} // namespace hive
