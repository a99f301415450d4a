#include "actors/tracker/tracker.hpp"

#include "actors/defaults.hpp"
#include "actors/slot_topic.hpp"
#include "actors/store/durable_batch.hpp"
#include "actors/tracker/routing_answers.hpp"
#include "actors/tracker/shared_tools.hpp"
#include "actors/tracker/stored_statistics.hpp"
#include "actors/tracker/task_reader.hpp"
#include "actors/tracker/task_results.hpp"
#include "actors/tracker/task_totals.hpp"
#include "actors/tracker/tool_slots.hpp"
#include "analysis/tool_summary.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "messages/tracker.capnp.h"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <utility>

namespace hive {
namespace {

/// The part of `hive_tally` for deltas imported by hand.
constexpr std::string_view imported_part;

msg<wire::Recorded> recorded(size_t entries) {
  return msg<wire::Recorded>::build(
    [&](wire::Recorded::Builder out) { out.setRecorded(static_cast<uint32_t>(entries)); });
}

msg<wire::TaskSource> source_row(capnp::Text::Reader source, uint64_t row) {
  return msg<wire::TaskSource>::build([&](wire::TaskSource::Builder out) {
    out.setSource(source);
    out.setRow(row);
  });
}

// internal: further messages of the tracker to itself.
using flush_atom = caf::atom_constant<caf::atom("flush")>;
using retain_atom = caf::atom_constant<caf::atom("retain")>;
using publish_atom = caf::atom_constant<caf::atom("publish")>;
using tracker_self =
  tracker_actor::extend<caf::reacts_to<flush_atom>, caf::reacts_to<retain_atom>, caf::reacts_to<publish_atom>>;

/// Counts records on arrival, and writes gathered records and changed statistics as one set. The durable batch then
/// answers the senders, or after a failed write reloads the statistics from the store.
class tracker_state {
public:
  using pointer = tracker_self::stateful_pointer<tracker_state>;
  static inline const char* name = "tracker";

  /// Reads the stored statistics. An error ends the actor.
  caf::error init(pointer self, tracker_services services, tracker_options options) {
    if (auto wrong = options.validate())
      return wrong;
    self_ = self;
    db_ = std::move(services.db);
    options_ = std::move(options);
    hive_ = analysis::hive_tally{options_.hive};
    batch_.init<caf::message_priority::high>(self, std::move(services.committer),
                                             {.entries = "task records",
                                              .max_entries = defaults::max_pending_tasks,
                                              .max_bytes = defaults::max_pending_task_bytes,
                                              .seal = [this](write_set& writes) { ledger_.seal(writes); },
                                              .reload = [this] { return reload(); },
                                              .on_durable = [this] { on_durable(); }});
    if (auto unreadable = reload())
      return unreadable;
    reader_ = spawn_task_reader(self->system(), {db_});
    self->link_to(reader_);
    if (options_.max_records > 0 || options_.max_age.count() > 0)
      self->send(self, retain_atom::value);
    return caf::none;
  }

  // -- recording --------------------------------------------------------------

  caf::result<msg<wire::TasksRecorded>> record(const msg<wire::RecordTasks>& message) {
    if (auto full = batch_.check_room(message->getTasks().size()))
      return full;
    if (auto refused = take_rows(*message))
      return refused;
    return answer_when_durable(message->getTasks().size(), admit(*message));
  }

  /// Waits for writes in flight, because the caller may rely on the row as soon as it has the answer.
  caf::result<msg<wire::TaskSource>> source(const msg<wire::TaskSourceQuery>& query) {
    if (auto full = batch_.check_room(1))
      return full;
    auto name = as_view(query->getSource());
    auto row = name == options_.node ? ledger_.newest().value : ledger_.last_row(name);
    return answer_when_durable(1, source_row(query->getSource(), row));
  }

  /// Includes rows that are not durable yet.
  caf::result<msg<wire::TaskSourceList>> sources() const {
    return msg<wire::TaskSourceList>::build([&](wire::TaskSourceList::Builder out) {
      auto list = out.initSources(static_cast<uint32_t>(ledger_.sources().size()));
      uint32_t place = 0;
      for (const auto& [source, row] : ledger_.sources()) {
        list[place].setSource(source);
        list[place++].setRow(row);
      }
    });
  }

  caf::result<msg<wire::TaskSource>> forget(const msg<wire::ForgetTaskSource>& source) {
    auto name = as_view(source->getSource());
    if (auto full = batch_.check_room(1))
      return full;
    auto row = ledger_.last_row(name);
    if (!ledger_.forget_source(name))
      return fail(ec::not_found, "no rows of source " + std::string{name} + " were taken");
    return answer_when_durable(1, source_row(source->getSource(), row));
  }

  // -- questions --------------------------------------------------------------

  caf::result<msg<wire::BestTool>> best_tool(const msg<wire::BestToolQuery>& query) const {
    return find_best_tool(*query, {ledger_.statistics(), hive_});
  }

  caf::result<msg<wire::Route>> route(const msg<wire::RouteQuery>& query) const {
    return find_route(*query, {ledger_.statistics(), hive_}, options_.heuristics);
  }

  caf::result<msg<wire::ToolSummary>> summary() const {
    return summary_of(ledger_.statistics());
  }

  /// Waits for writes in flight.
  caf::result<msg<wire::TaskTotals>> totals() {
    if (auto full = batch_.check_room(1))
      return full;
    return answer_when_durable(1, totals_.answer());
  }

  caf::result<msg<wire::LearningDelta>> learned(const msg<wire::LearningDeltaQuery>& query) const {
    if (query->getScope() == wire::ToolScope::HIVE) {
      auto said = hive_.all_tools();
      if (said.empty())
        return fail(ec::no_data, "no other node has shared tool statistics");
      return to_delta(std::move(said), {}, now_unix_micros());
    }
    auto learned = analysis::learning_delta(ledger_.statistics());
    if (learned.empty())
      return fail(ec::no_data, "no tool has " + std::to_string(analysis::min_records) + " records of one task type");
    return to_delta(std::move(learned), options_.node, now_unix_micros());
  }

  // -- other nodes ------------------------------------------------------------

  void hear(const slots_accepted& published) {
    const auto& origin = published.origin.value;
    forget_import(origin);
    for (const auto& slot : published.slots) {
      const auto* tools = content_as<std::vector<analysis::learned_tool>>(slot.content);
      auto refused = hive_.replace(origin, tools ? *tools : std::vector<analysis::learned_tool>{}, slot.key);
      if (refused)
        log::warn("Published tool statistics ignored: {}. node={} slot={}", refused->text, origin, slot.key);
    }
  }

  /// Also drops the delta that was imported in the node's name.
  void hear(const slots_withdrawn& gone) {
    forget_import(gone.origin.value);
    hive_.remove(gone.origin.value);
  }

  void share(const sharing_started& with) {
    publisher_ = with.publisher;
    tell_all_tools();
    publish_next_ = {};
    publish_soon();
  }

  caf::result<msg<wire::Recorded>> import(const msg<wire::LearningDelta>& delta) {
    auto origin = as_view(delta->getOrigin());
    if (origin == options_.node)
      return fail(ec::invalid, "/origin is this node itself, whose records are counted already");
    if (hive_.knows(origin) && !hive_.knows(origin, imported_part))
      return fail(ec::conflict,
                  "/origin " + std::string{origin} + " is a node of this hive, which says itself what it learned");
    if (auto full = batch_.check_room(1))
      return full;
    auto kept = origin.empty() ? merge_by_task_type(*unnamed_, *delta, options_.hive.tools_per_origin) : delta;
    auto learned = from_exported_delta(*kept);
    if (!learned)
      return learned.error();
    if (auto refused = hive_.replace(origin, std::move(*learned), imported_part))
      return to_error(*refused);
    if (origin.empty())
      unnamed_ = kept;
    size_t tools = 0;
    for (auto task : delta->getCodingBenchmarks())
      tools += task.getTools().size();
    task_store::put_delta(batch_.writes(), origin, kept);
    return answer_when_durable(1, recorded(tools));
  }

  caf::result<msg<wire::DropDelta>> drop(const msg<wire::DropDelta>& delta) {
    auto origin = as_view(delta->getOrigin());
    if (!hive_.knows(origin, imported_part))
      return fail(ec::not_found, origin.empty() ? "no delta without origin was imported"
                                                : "no delta of node " + std::string{origin} + " was imported");
    if (auto full = batch_.check_room(1))
      return full;
    hive_.remove(origin, imported_part);
    if (origin.empty())
      unnamed_ = {};
    task_store::erase_delta(batch_.writes(), origin);
    return answer_when_durable(1, delta);
  }

  caf::result<msg<wire::TaskPage>> find(const msg<wire::TaskQuery>& query) {
    if (queries_ >= defaults::max_task_queries)
      return fail(ec::overloaded, std::to_string(queries_) + " queries for task records are already waiting");
    ++queries_;
    auto promise = self_->make_response_promise<msg<wire::TaskPage>>();
    // No timeout: the reader is linked to this actor and examines a bounded number of records.
    self_->request(reader_, caf::infinite, query)
      .then(
        [this, promise](const msg<wire::TaskPage>& page) mutable {
          --queries_;
          promise.deliver(page);
        },
        [this, promise](const caf::error& error) mutable {
          --queries_;
          promise.deliver(error);
        });
    return promise;
  }

  /// Handles the message sent by `flush_soon`.
  void flush_from_mailbox() {
    flush_is_coming_ = false;
    batch_.flush();
  }

  /// Erases records beyond the configured number or age.
  void retain() {
    if (options_.max_records > 0 && ledger_.newest().value > options_.max_records)
      erase_before(ledger_.newest().value - options_.max_records + 1);
    if (options_.max_age.count() == 0) {
      self_->delayed_send(self_, defaults::task_retention_interval, retain_atom::value);
      return;
    }
    auto cutoff = now_unix_micros() - std::chrono::microseconds{options_.max_age}.count();
    self_->request(reader_, caf::infinite, find_old_atom::value, cutoff)
      .then(
        [this](uint64_t first_kept) {
          bool may_be_more = first_kept >= oldest_.value + defaults::task_retention_step;
          erase_before(first_kept);
          auto pause = may_be_more ? defaults::task_retention_pause : defaults::task_retention_interval;
          self_->delayed_send(self_, pause, retain_atom::value);
        },
        [this](const caf::error& error) {
          log::error("Search for old task records failed: {}", text_of(error));
          self_->delayed_send(self_, defaults::task_retention_interval, retain_atom::value);
        });
  }

  /// Publishes this node's tools, of which those that changed are packed. The longer that takes, the less often it is
  /// done.
  void publish() {
    constexpr int most_of_time = 50; // packing takes at most 1/50 of the time
    auto began = std::chrono::steady_clock::now();
    publish_is_coming_ = false;
    published_through_ = ledger_.newest();
    untold_.merge(ledger_.take_changed_tasks());
    for (const auto& task_type : std::exchange(untold_, {}))
      told_.update(task_type);
    self_->send(publisher_, publish_slots{tool_stats_kind, told_.slots()});
    auto ended = std::chrono::steady_clock::now();
    publish_next_ = ended + std::max<std::chrono::steady_clock::duration>(defaults::min_publish_interval,
                                                                          most_of_time * (ended - began));
  }

private:
  /// Records without a source may come in any order, and repeatedly.
  caf::error take_rows(wire::RecordTasks::Reader message) {
    auto source = as_view(message.getSource());
    if (source.empty()) {
      if (message.getAfterRow() != 0 || message.getThroughRow() != 0)
        return fail(ec::invalid, "rows are given without their source");
      if (message.getTasks().size() == 0)
        return fail(ec::invalid, "no record is given");
      return caf::none;
    }
    if (source == options_.node)
      return fail(ec::invalid, "source " + options_.node + " is this node itself, whose records are here already");
    return ledger_.take_rows(source, message.getAfterRow(), message.getThroughRow());
  }

  msg<wire::TasksRecorded> admit(wire::RecordTasks::Reader message) {
    task_results all;
    auto now = now_unix_micros();
    uint32_t place = 0;
    for (auto task : message.getTasks()) {
      auto admitted = ledger_.admit(task, now, batch_.writes());
      if (admitted.what == admission::outcome::recorded)
        totals_.add(task, now);
      all.add(++place, std::move(admitted));
    }
    return all.answer();
  }

  /// Promises the answer to the current message, which added `entries` to the batch.
  template <class T>
  caf::result<msg<T>> answer_when_durable(size_t entries, msg<T> answer) {
    auto promise = batch_.answer_when_durable(entries, std::move(answer));
    flush_soon();
    return promise;
  }

  /// Flushes through the mailbox, so that messages already there join the same write; flushes at once when so many
  /// entries are gathered that the disk would idle meanwhile.
  void flush_soon() {
    if (batch_.is_in_flight())
      return;
    if (batch_.gathered_entries() >= defaults::task_group) {
      batch_.flush();
      return;
    }
    if (flush_is_coming_)
      return;
    flush_is_coming_ = true;
    self_->send(self_, flush_atom::value);
  }

  caf::error reload() {
    task_store store{*db_};
    auto oldest = store.oldest();
    if (!oldest)
      return oldest.error();
    auto ledger = task_ledger::load(store, options_.ledger);
    if (!ledger)
      return ledger.error();
    oldest_ = *oldest;
    ledger_ = std::move(*ledger);
    totals_.begin(now_unix_micros()); // what was counted may not have been written
    tell_all_tools();
    return reload_imports();
  }

  /// Keeps the statistics that nodes of the hive published, since the store does not have them.
  caf::error reload_imports() {
    hive_.remove_part(imported_part);
    unnamed_ = {};
    return task_store{*db_}.visit_deltas([&](std::string_view origin, wire::LearningDelta::Reader delta) -> caf::error {
      if (hive_.knows(origin))
        return caf::none; // the node publishes its own statistics now, and the import is being erased
      auto learned = from_exported_delta(delta);
      if (!learned)
        return learned.error();
      auto refused = hive_.replace(origin, std::move(*learned), imported_part);
      if (refused && refused->why == analysis::refusal::kind::full) {
        log::warn("Imported delta ignored: {}. origin={}", refused->text,
                  origin); // it was imported under higher limits
        return caf::none;
      }
      if (origin.empty())
        unnamed_ = msg<wire::LearningDelta>::copy_of(delta);
      return refused ? to_error(*refused) : caf::none;
    });
  }

  void on_durable() {
    auto changed = ledger_.take_changed_tasks();
    if (publisher_)
      untold_.merge(changed);
    publish_soon();
  }

  /// Nothing that was told before counts.
  void tell_all_tools() {
    told_ = make_told();
    untold_.clear();
    published_through_.reset();
    if (publisher_)
      for (const auto& task : ledger_.statistics().tasks())
        untold_.emplace(task.task_type);
  }

  shared_tools make_told() const {
    return shared_tools{[this](std::string_view task_type) {
      const auto* task = ledger_.statistics().find(task_type);
      return task ? std::span{task->tools} : std::span<const analysis::tool_totals>{};
    }};
  }

  /// Publishes this node's tools if they have changed: immediately, or when enough time has passed.
  void publish_soon() {
    if (!publisher_ || publish_is_coming_ || published_through_ == ledger_.newest())
      return;
    auto now = std::chrono::steady_clock::now();
    if (now >= publish_next_)
      return publish();
    publish_is_coming_ = true;
    self_->delayed_send(self_, publish_next_ - now, publish_atom::value);
  }

  /// Slots signed by a node take precedence over files imported in its name.
  void forget_import(std::string_view origin) {
    if (!hive_.knows(origin, imported_part))
      return;
    log::info("Imported delta dropped: its node now publishes its own statistics. node={}", origin);
    hive_.remove(origin, imported_part);
    task_store::erase_delta(batch_.writes(), origin);
    flush_soon();
  }

  /// The newest record is always kept: its number determines the next one.
  void erase_before(uint64_t first_kept) {
    first_kept = std::min(first_kept, ledger_.newest().value);
    if (first_kept <= oldest_.value)
      return;
    task_store::erase(batch_.writes(), oldest_, {first_kept});
    oldest_ = {first_kept};
    flush_soon();
  }

  pointer self_ = nullptr;
  std::shared_ptr<const database> db_;
  task_reader_actor reader_;
  tracker_options options_;
  task_ledger ledger_;
  task_totals totals_;
  analysis::hive_tally hive_;
  msg<wire::LearningDelta> unnamed_; ///< the merged deltas without origin
  task_sequence oldest_;             ///< the oldest stored record
  bool flush_is_coming_ = false;
  size_t queries_ = 0; ///< being answered by the reader
  slot_publisher_actor publisher_;
  shared_tools told_ = make_told();
  std::set<std::string, std::less<>> untold_;      ///< task types that changed since; empty without a publisher
  std::optional<task_sequence> published_through_; ///< the newest record included in the published tools
  std::chrono::steady_clock::time_point publish_next_;
  bool publish_is_coming_ = false;
  durable_batch batch_; ///< last member: its destructor answers waiting requests
};

tracker_self::behavior_type tracker(tracker_state::pointer self, tracker_services services, tracker_options options) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services), std::move(options)))
    self->quit(std::move(error));
  return {
    [&state](const msg<wire::RecordTasks>& message) { return state.record(message); },
    [&state](const msg<wire::TaskSourceQuery>& query) { return state.source(query); },
    [&state](const msg<wire::TaskSourceListQuery>&) { return state.sources(); },
    [&state](const msg<wire::ForgetTaskSource>& source) { return state.forget(source); },
    [&state](const msg<wire::BestToolQuery>& query) { return state.best_tool(query); },
    [&state](const msg<wire::RouteQuery>& query) { return state.route(query); },
    [&state](const msg<wire::ToolSummaryQuery>&) { return state.summary(); },
    [&state](const msg<wire::LearningDeltaQuery>& query) { return state.learned(query); },
    [&state](const msg<wire::LearningDelta>& delta) { return state.import(delta); },
    [&state](const msg<wire::DropDelta>& delta) { return state.drop(delta); },
    [&state](const slots_accepted& published) { state.hear(published); },
    [&state](const slots_withdrawn& gone) { state.hear(gone); },
    [&state](const sharing_started& with) { state.share(with); },
    [&state](const msg<wire::TaskTotalsQuery>&) { return state.totals(); },
    [&state](const msg<wire::TaskQuery>& query) { return state.find(query); },
    [&state](flush_atom) { state.flush_from_mailbox(); },
    [&state](retain_atom) { state.retain(); },
    [&state](publish_atom) { state.publish(); },
  };
}

} // namespace

caf::error tracker_options::validate() const {
  if (!is_valid_id(node))
    return fail(ec::invalid, "the tracker's node id '" + node + "' " + std::string{id_rule});
  if (max_age.count() < 0)
    return fail(ec::invalid, "the maximum age of task records must not be negative");
  return caf::none;
}

tracker_actor spawn_tracker(caf::actor_system& system, tracker_services services, tracker_options options) {
  return system.spawn(tracker, std::move(services), std::move(options));
}

} // namespace hive
