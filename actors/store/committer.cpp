#include "actors/store/committer.hpp"

#include "actors/store/commit_queue.hpp"
#include "messages/ec.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <sys/prctl.h>

namespace hive {
namespace {

/// Owns its thread, which writes and answers. Senders put their write sets into the queue themselves, in place of CAF's
/// mailbox: that wakes the thread for every message, and knows no bounds while the thread waits for the disk.
class committer : public caf::blocking_actor {
public:
  committer(caf::actor_config& config, committer_services services)
      : caf::blocking_actor{config}, db_{std::move(services.db)} {
  }

  const char* name() const override {
    return "committer";
  }

  /// Called by the sender's thread.
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    const auto& content = what->content();
    if (content.match_elements<write_set>())
      add(std::move(what));
    else if (content.match_elements<caf::exit_msg>())
      exit(content.get_as<caf::exit_msg>(0).reason);
    else if (what->mid.is_request())
      caf::response_promise{ctrl(), *what}.deliver(caf::make_error(caf::sec::unexpected_message));
  }

  void act() override {
    // Without it, Linux may wake the thread 50 µs late: as long as a fast disk takes for a sync.
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    while (auto group = queue_.take(last_))
      write(*group);
    fail_state(queue_.reason());
  }

  void on_exit() override {
    queue_.close(fail(ec::internal, "the committer failed")); // unless it ended by itself
    db_ = nullptr; // whoever waits for the end opens the store again, while references to this actor may still exist
  }

private:
  void add(caf::mailbox_element_ptr request) {
    commit_group::sender sender{ctrl(), *request};
    if (auto refused = queue_.add(std::move(request), sender))
      sender.deliver(refused);
  }

  /// CAF ignores a normal exit.
  void exit(const caf::error& reason) {
    if (reason)
      queue_.close(reason);
  }

  void write(commit_group& group) {
    using clock = std::chrono::steady_clock;
    last_.sets = group.sets();
    database::batch batch{*db_};
    group.put_into(batch);
    auto begin = clock::now();
    // No timeout: a slow disk is waited for, because the outcome of a write in flight cannot be guessed. The bounds of
    // the queue limit what waits meanwhile.
    auto err = db_->write(batch);
    last_.quickest_write = quickest_write(last_.quickest_write, clock::now() - begin);
    report(err);
    if (db_->is_broken())
      queue_.close(err);
    group.answer(err);
    last_.answered = clock::now();
  }

  /// Logs when the disk starts and stops failing, not every write in between.
  void report(const caf::error& err) {
    if (err && !failing_)
      log::error("Store write failed: {}", text_of(err));
    if (!err && failing_)
      log::info("Store writes succeed again");
    failing_ = static_cast<bool>(err);
  }

  std::shared_ptr<database> db_;
  commit_queue queue_;
  last_group last_;
  bool failing_ = false;
};

} // namespace

committer_actor spawn_committer(caf::actor_system& system, committer_services services) {
  return caf::actor_cast<committer_actor>(system.spawn<committer>(std::move(services)));
}

} // namespace hive
