#include "actors/history/historian.hpp"

#include "actors/aside.hpp"
#include "actors/defaults.hpp"
#include "actors/history/history_reader.hpp"
#include "actors/store/commit.hpp"
#include "messages/ec.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/series_store.hpp"

#include <atomic>
#include <caf/all.hpp>
#include <functional>
#include <optional>
#include <vector>

namespace hive {
namespace {

/// Bytes of new blocks that are written at once: others wait for the disk meanwhile.
constexpr size_t max_write_bytes = size_t{1} << 20;

/// All metrics as they were at a revision of the series.
struct found_metrics {
  int64_t revision = 0;
  all_metrics all{change_list{0}};
};

caf::expected<found_metrics> find_all_changes(const database& db, const std::atomic<bool>& cancelled) {
  // The revision first: what is stored meanwhile makes the result older than it is, and is looked at again.
  auto revision = series_store{db}.revision();
  if (!revision)
    return revision.error();
  auto found = read_all_changes(db, cancelled);
  if (!found)
    return found.error();
  return found_metrics{*revision, std::move(*found)};
}

class historian_state {
public:
  using pointer = historian_actor::stateful_pointer<historian_state>;
  static inline const char* name = "historian";

  ~historian_state() {
    *cancelled_ = true;
  }

  void init(pointer self, historian_services services, historian_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
  }

  caf::result<msg<wire::MetricHistory>> tell_history(const msg<wire::MetricHistoryQuery>& query) {
    using answer = msg<wire::MetricHistory>;
    auto promise = self_->make_response_promise<answer>();
    run_aside<told_history>(
      self_, [db = services_.db, query, rules = options_.rules] { return read_history(*db, *query, rules); },
      [this, promise](caf::expected<told_history> told) {
        auto to = promise;
        if (!told) {
          to.deliver(std::move(told.error()));
          return;
        }
        to.deliver(std::move(told->answer));
        if (missing_.empty()) // else others are being stored; these are made again when they are needed
          missing_ = std::move(told->missing);
        store_missing();
      });
    return promise;
  }

  caf::result<msg<wire::ChangeList>> list_changes(const msg<wire::ChangesQuery>& query) {
    return list<wire::ChangeList>([query](const all_metrics& all) { return all.changes.page(*query); });
  }

  caf::result<msg<wire::MetricList>> list_metrics(const msg<wire::MetricsQuery>& query) {
    return list<wire::MetricList>(
      [query](const all_metrics& all) { return all.metrics.page(*query, now_unix_micros()); });
  }

private:
  struct waiter {
    std::function<void(const all_metrics&)> answer;
    std::function<void(const caf::error&)> refuse;
    int64_t revision = 0; ///< of the series when it asked: an answer must not be older
  };

  /// Answers with a page of what is stored now, which is looked for first if it has changed.
  template <class Answer, class Page>
  caf::result<msg<Answer>> list(Page page) {
    auto revision = series_store{*services_.db}.revision();
    if (!revision)
      return revision.error();
    if (found_ && found_->revision == *revision)
      return page(found_->all);
    if (waiting_.size() == defaults::max_change_waiters)
      return fail(ec::overloaded, "too many requests wait for the changes of all metrics");
    auto promise = self_->template make_response_promise<msg<Answer>>();
    auto answer = [promise, page](const all_metrics& all) mutable {
      if (auto made = page(all))
        promise.deliver(std::move(*made));
      else
        promise.deliver(std::move(made.error()));
    };
    waiting_.push_back({answer, [promise](const caf::error& why) mutable { promise.deliver(why); }, *revision});
    if (!is_searching_)
      search();
    return promise;
  }

  /// Stores new blocks, a few at a time.
  void store_missing() {
    if (!services_.committer)
      missing_.clear();
    if (missing_.empty() || is_storing_)
      return;
    write_set writes;
    for (; !missing_.empty() && writes.bytes() < max_write_bytes; missing_.pop_back())
      writes.put(column::snapshots, missing_.back().key, missing_.back().block.bytes());
    is_storing_ = true;
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this](committed) {
          is_storing_ = false;
          store_missing();
        },
        [this](const caf::error& error) {
          is_storing_ = false;
          missing_.clear();
          log::warn("Summaries of a long history not stored; they are made anew when they are needed: {}",
                    text_of(error));
        });
  }

  void search() {
    is_searching_ = true;
    run_aside<found_metrics>(
      self_, [db = services_.db, cancelled = cancelled_] { return find_all_changes(*db, *cancelled); },
      [this](caf::expected<found_metrics> found) {
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
        each.refuse(failure);
      else if (each.revision > found_->revision)
        later.push_back(std::move(each));
      else
        each.answer(found_->all);
    }
    waiting_ = std::move(later);
  }

  pointer self_ = nullptr;
  historian_services services_;
  historian_options options_;
  std::vector<new_block> missing_; ///< to be stored
  bool is_storing_ = false;
  std::optional<found_metrics> found_;
  std::vector<waiter> waiting_;
  bool is_searching_ = false;
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

historian_actor::behavior_type historian(historian_state::pointer self, historian_services services,
                                         historian_options options) {
  auto& state = self->state;
  state.init(self, std::move(services), std::move(options));
  return {[&state](const msg<wire::MetricHistoryQuery>& query) { return state.tell_history(query); },
          [&state](const msg<wire::ChangesQuery>& query) { return state.list_changes(query); },
          [&state](const msg<wire::MetricsQuery>& query) { return state.list_metrics(query); }};
}

} // namespace

historian_actor spawn_historian(caf::actor_system& system, historian_services services, historian_options options) {
  return system.spawn(historian, std::move(services), std::move(options));
}

} // namespace hive
