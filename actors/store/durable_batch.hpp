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

/// An answer that is given when the disk has confirmed what it speaks of.
struct pending_answer {
  caf::response_promise promise;
  caf::message content;
};

/// Which writes gather, which are in flight, and who waits for which of them. Plain state: the owner carries out what
/// it returns. At most one group is in flight; what comes meanwhile gathers for the next one.
class commit_groups {
public:
  /// Most entries and bytes that may be kept here, those in flight among them.
  struct limits {
    size_t entries;
    size_t bytes;
  };

  explicit commit_groups(limits most) : most_{most} {
  }

  /// Whether `more` entries fit in beside what is kept.
  bool has_room(size_t more) const;

  /// Entries that are kept, gathered and in flight.
  size_t entries() const {
    return gathered_.entries + in_flight_.entries;
  }

  size_t gathered_entries() const {
    return gathered_.entries;
  }

  bool is_in_flight() const {
    return is_in_flight_;
  }

  /// Whether something has gathered and nothing is in flight.
  bool can_launch() const;

  /// Writes of the group that gathers.
  write_set& writes() {
    return gathered_.writes;
  }

  /// Counts `entries` and keeps an answer for when all that has gathered so far is durable.
  void add(size_t entries, pending_answer answer) {
    gathered_.entries += entries;
    gathered_.answers.push_back(std::move(answer));
  }

  /// Puts in flight what has gathered and returns its writes. Only when `can_launch`.
  write_set launch();

  /// The group in flight is durable. Returns its answers in the order in which they were added.
  std::vector<pending_answer> land();

  /// Answers that will not be given.
  struct undone {
    std::vector<pending_answer> in_flight;
    std::vector<pending_answer> gathered;
  };

  /// The group in flight failed or its fate is unknown. Forgets it and what has gathered on top of it.
  undone drop();

private:
  struct group {
    write_set writes; ///< empty while it is in flight
    std::vector<pending_answer> answers;
    size_t entries = 0;
    size_t bytes = 0; ///< of `writes`, once it is in flight
  };

  limits most_;
  group gathered_;
  group in_flight_;
  bool is_in_flight_ = false;
};

/// What the owner of a durable batch gives it.
struct durable_batch_options {
  /// What an entry is called when there are too many, in the plural: "task records".
  std::string entries;
  /// Entries that may wait for the disk, those in flight among them.
  size_t max_entries;
  /// Bytes of writes that may wait for the disk, likewise.
  size_t max_bytes = defaults::max_pending_commit_bytes;
  /// Called when a group goes to the disk: adds the writes that stand for the group as a whole.
  std::function<void(write_set&)> seal;
  /// Called after a failed write: reads the state from the store again. An error ends the actor.
  std::function<caf::error()> reload;
  /// Called when a group is durable and its answers are given; optional.
  std::function<void()> on_durable = {};
};

/// Writes of an actor that changes its state in memory at once and answers when the change is durable. What comes while
/// the disk is busy is written together afterwards, and answers go out in the order in which they were promised.
///
/// For each message the owner asks `check_room`, changes its state, adds to `writes` or remembers what `seal` shall
/// add, calls `answer_when_durable` and, when it wants that written, `flush`. Behind a group in flight the next one
/// follows by itself.
///
/// A failed write takes along what gathered meanwhile, since that was counted on top of it: all of these get the error,
/// and `reload` brings the state back to what is stored. When the committer ends, so does the owner; when the owner
/// ends, everybody who waits is told. ec::outcome_unknown is what those hear whose writes were in flight then, and
/// ec::unavailable those whose writes had not been sent, who may repeat them.
class durable_batch {
public:
  durable_batch() = default;
  durable_batch(const durable_batch&) = delete;
  durable_batch& operator=(const durable_batch&) = delete;
  ~durable_batch();

  /// Called once, before anything else. Takes the down handler of `self`, which owns this object and monitors nobody
  /// else. With high priority the committer's answer overtakes what waits in the mailbox, so that the disk does not
  /// idle while that is worked on; with normal priority that goes into the next group.
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

  /// ec::overloaded when `more` entries do not fit in. Asked before the state is changed.
  caf::error check_room(size_t more) const;

  /// Writes of the group that gathers.
  write_set& writes() {
    return groups_.writes();
  }

  /// Counts `entries` and promises `content` as the answer to the message in work, for when it is durable.
  template <class Content>
  caf::typed_response_promise<Content> answer_when_durable(size_t entries, Content content) {
    auto promise = self_->make_response_promise<Content>();
    groups_.add(entries, {promise, caf::make_message(std::move(content))});
    return promise;
  }

  /// Sends what has gathered to the disk, if that is free.
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
  std::string owner_; ///< its name, also while it is being destroyed
  durable_batch_options options_;
  std::function<void(write_set)> commit_;
  commit_groups groups_{{0, 0}};
};

} // namespace hive
