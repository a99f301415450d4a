#include "actors/history/historian.hpp"

#include "actors/aside.hpp"
#include "actors/defaults.hpp"
#include "actors/history/change_list.hpp"
#include "actors/history/history_reader.hpp"
#include "messages/ec.hpp"
#include "storage/series_store.hpp"

#include <atomic>
#include <caf/all.hpp>
#include <optional>
#include <vector>

namespace hive {
namespace {

/// The changes of all metrics as they were at a revision of the series.
struct found_changes {
  int64_t revision = 0;
  change_list changes{0};
};

caf::expected<found_changes> find_all_changes(const database& db, const std::atomic<bool>& cancelled) {
  // The revision first: what is stored meanwhile makes the result older than it is, and is looked at again.
  auto revision = series_store{db}.revision();
  if (!revision)
    return revision.error();
  auto changes = read_all_changes(db, cancelled);
  if (!changes)
    return changes.error();
  return found_changes{*revision, std::move(*changes)};
}

class historian_state {
public:
  using pointer = historian_actor::stateful_pointer<historian_state>;
  static inline const char* name = "historian";

  ~historian_state() {
    *cancelled_ = true;
  }

  void init(pointer self, historian_services services) {
    self_ = self;
    services_ = std::move(services);
  }

  caf::result<msg<wire::MetricHistory>> tell_history(const msg<wire::MetricHistoryQuery>& query) {
    using answer = msg<wire::MetricHistory>;
    auto promise = self_->make_response_promise<answer>();
    run_aside<answer>(
      self_, [db = services_.db, query] { return read_history(*db, *query); },
      [promise](caf::expected<answer> told) {
        auto to = promise;
        if (told)
          to.deliver(std::move(*told));
        else
          to.deliver(std::move(told.error()));
      });
    return promise;
  }

  caf::result<msg<wire::ChangeList>> list_changes(const msg<wire::ChangesQuery>& query) {
    auto revision = series_store{*services_.db}.revision();
    if (!revision)
      return revision.error();
    if (found_ && found_->revision == *revision)
      return found_->changes.page(*query);
    if (waiting_.size() == defaults::max_change_waiters)
      return fail(ec::overloaded, "too many requests wait for the changes of all metrics");
    auto promise = self_->make_response_promise<msg<wire::ChangeList>>();
    waiting_.push_back({promise, query, *revision});
    if (!is_searching_)
      search();
    return promise;
  }

private:
  struct waiter {
    caf::typed_response_promise<msg<wire::ChangeList>> promise;
    msg<wire::ChangesQuery> query;
    int64_t revision = 0; ///< of the series when it asked: an answer must not be older
  };

  void search() {
    is_searching_ = true;
    run_aside<found_changes>(
      self_, [db = services_.db, cancelled = cancelled_] { return find_all_changes(*db, *cancelled); },
      [this](caf::expected<found_changes> found) {
        is_searching_ = false;
        if (found)
          found_ = std::move(*found);
        answer_waiting(found ? caf::error{} : found.error());
        if (!waiting_.empty())
          search();
      });
  }

  /// Answers all that asked before the changes were found, or all with the failure.
  void answer_waiting(const caf::error& failure) {
    std::vector<waiter> later;
    for (auto& each : waiting_) {
      if (failure)
        each.promise.deliver(failure);
      else if (each.revision > found_->revision)
        later.push_back(std::move(each));
      else if (auto page = found_->changes.page(*each.query))
        each.promise.deliver(std::move(*page));
      else
        each.promise.deliver(std::move(page.error()));
    }
    waiting_ = std::move(later);
  }

  pointer self_ = nullptr;
  historian_services services_;
  std::optional<found_changes> found_;
  std::vector<waiter> waiting_;
  bool is_searching_ = false;
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

historian_actor::behavior_type historian(historian_state::pointer self, historian_services services) {
  auto& state = self->state;
  state.init(self, std::move(services));
  return {[&state](const msg<wire::MetricHistoryQuery>& query) { return state.tell_history(query); },
          [&state](const msg<wire::ChangesQuery>& query) { return state.list_changes(query); }};
}

} // namespace

historian_actor spawn_historian(caf::actor_system& system, historian_services services) {
  return system.spawn(historian, std::move(services));
}

} // namespace hive
