#pragma once

#include "actors/defaults.hpp"
#include "actors/store/api.hpp"
#include "actors/store/commit.hpp"

#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/response_promise.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <functional>
#include <string>
#include <vector>

namespace hive {

/// An answer to be sent once the writes that it depends on are durable.
struct pending_answer {
  caf::response_promise promise;
  caf::message content;
};

/// Tracks which writes are gathered, which are in flight, and who waits for them. Plain state: the owner sends the
/// writes and answers that it returns. At most one group is in flight; later writes are gathered for the next one.
class commit_groups {
public:
  /// Limits on the entries and bytes kept here, including those in flight.
  struct limits {
    size_t entries;
    size_t bytes;
  };

  explicit commit_groups(limits most) : most_{most} {
  }

  /// Whether `more` entries fit.
  bool has_room(size_t more) const;

  /// Number of entries, gathered and in flight.
  size_t entries() const {
    return gathered_.entries + in_flight_.entries;
  }

  size_t gathered_entries() const {
    return gathered_.entries;
  }

  bool is_in_flight() const {
    return is_in_flight_;
  }

  /// Whether a group was gathered and none is in flight.
  bool can_launch() const;

  /// Writes of the group being gathered.
  write_set& writes() {
    return gathered_.writes;
  }

  /// Counts `entries`, and keeps an answer until everything gathered so far is durable.
  void add(size_t entries, pending_answer answer) {
    gathered_.entries += entries;
    gathered_.answers.push_back(std::move(answer));
  }

  /// Puts the gathered group in flight and returns its writes. Requires `can_launch`.
  write_set launch();

  /// Records that the group in flight is durable. Returns its answers in the order in which they were added.
  std::vector<pending_answer> land();

  /// Answers that can no longer be given.
  struct undone {
    std::vector<pending_answer> in_flight;
    std::vector<pending_answer> gathered;
  };

  /// Records that the group in flight failed, or that its outcome is unknown. Drops it and everything gathered on top
  /// of it.
  undone drop();

private:
  struct group {
    write_set writes; ///< empty while in flight
    std::vector<pending_answer> answers;
    size_t entries = 0;
    size_t bytes = 0; ///< size of `writes`, set on launch
  };

  limits most_;
  group gathered_;
  group in_flight_;
  bool is_in_flight_ = false;
};

/// Options of a durable batch.
struct durable_batch_options {
  /// Name of the entries in error texts, in the plural: "task records".
  std::string entries;
  /// Limit of entries waiting for the disk, including those in flight.
  size_t max_entries;
  /// Limit of bytes waiting for the disk, including those in flight.
  size_t max_bytes = defaults::max_pending_commit_bytes;
  /// Called when a group is launched: adds the writes that summarise the group.
  std::function<void(write_set&)> seal;
  /// Called after a failed write: reloads the state from the store. An error ends the actor.
  std::function<caf::error()> reload;
  /// Called when a group has become durable, before its answers are sent and the next group is launched; optional.
  std::function<void()> on_durable = {};
};

/// Writes of an actor that changes its state in memory immediately and answers once the change is durable. Changes that
/// arrive during a write are gathered and written together next. Answers are sent in the order in which they were
/// promised.
///
/// For each message the owner calls `check_room`, changes its state, adds to `writes` or remembers what `seal` will
/// add, calls `answer_when_durable` and, to have it written, `flush`. After a write completes, the next group is
/// launched automatically.
///
/// A failed write also fails the changes gathered since, because they were made on top of it: all get the error, and
/// `reload` restores the state from the store. When the committer ends, so does the owner. When the owner ends, all
/// waiting senders are told: ec::outcome_unknown for writes in flight, ec::unavailable for writes that were not sent
/// and can be repeated.
class durable_batch {
public:
  durable_batch() = default;
  durable_batch(const durable_batch&) = delete;
  durable_batch& operator=(const durable_batch&) = delete;
  ~durable_batch();

  /// Call it once, first. Takes over the down handler of `self`, which owns this object and monitors nobody else. With
  /// high priority, the committer's answer overtakes messages in the mailbox, so that the disk does not idle while they
  /// are processed; with normal priority, those messages join the next group.
  template <caf::message_priority Priority = caf::message_priority::normal, class Self>
  void init(Self* self, committer_actor committer, durable_batch_options options) {
    commit_ = [this, self, committer](write_set writes) {
      commit<Priority>(self, committer, std::move(writes))
        .then([this](const committed&) { land(); }, [this](const caf::error& error) { fail_with(error); });
    };
    self->monitor(committer);
    self->set_down_handler([this](const caf::down_msg&) { committer_ended(); });
    init(self, std::move(options));
  }

  /// Fails with ec::overloaded when `more` entries do not fit. Call it before changing the state.
  caf::error check_room(size_t more) const;

  /// Writes of the group being gathered.
  write_set& writes() {
    return groups_.writes();
  }

  /// Counts `entries` and promises `content` as the answer to the current message, to be sent once durable.
  template <class Content>
  caf::typed_response_promise<Content> answer_when_durable(size_t entries, Content content) {
    auto promise = self_->make_response_promise<Content>();
    answer_when_durable(entries, promise, std::move(content));
    return promise;
  }

  /// The same for a message whose promise was made earlier.
  template <class Content>
  void answer_when_durable(size_t entries, caf::typed_response_promise<Content> promise, Content content) {
    groups_.add(entries, {promise, caf::make_message(std::move(content))});
  }

  /// Launches the gathered group, unless a write is in flight.
  void flush();

  bool is_in_flight() const {
    return groups_.is_in_flight();
  }

  size_t gathered_entries() const {
    return groups_.gathered_entries();
  }

private:
  void init(caf::scheduled_actor* self, durable_batch_options options);
  std::vector<pending_answer> launch();
  void land();
  void fail_with(const caf::error& error);
  void committer_ended();

  caf::scheduled_actor* self_ = nullptr;
  std::string owner_; ///< kept here because it is needed during the owner's destruction
  durable_batch_options options_;
  std::function<void(write_set)> commit_;
  commit_groups groups_{{0, 0}};
};

} // namespace hive
