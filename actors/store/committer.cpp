#include "actors/store/committer.hpp"

#include "actors/defaults.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

/// Write sets that are written together, with their senders.
struct commit_group {
  explicit commit_group(const database& db) : batch{db} {
  }

  void answer(const caf::error& err) {
    for (auto& promise : std::exchange(waiting, {})) {
      if (err)
        promise.deliver(err);
      else
        promise.deliver(committed{});
    }
  }

  database::batch batch;
  std::vector<caf::typed_response_promise<committed>> waiting;
};

using group_ptr = std::shared_ptr<commit_group>;

} // namespace
} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::group_ptr)

namespace hive {
namespace {

// internal: a thread that only writes and fsyncs.
using log_writer_actor = caf::typed_actor<caf::replies_to<group_ptr>::with<committed>>;

log_writer_actor::behavior_type log_writer(log_writer_actor::pointer, std::shared_ptr<database> db) {
  return {[db](const group_ptr& group) -> caf::result<committed> {
    if (auto err = db->write(group->batch))
      return err;
    return committed{};
  }};
}

class committer_state {
public:
  static inline const char* name = "committer";

  committer_state() = default;
  committer_state(const committer_state&) = delete;
  committer_state& operator=(const committer_state&) = delete;

  /// Answers every sender, since none of them has a timeout.
  ~committer_state() {
    if (in_flight)
      in_flight->answer(fail(ec::outcome_unknown, "the committer ended while the disk was writing"));
    if (gathering)
      gathering->answer(fail(ec::unavailable, "the committer ended before this was written"));
  }

  committer_actor::stateful_pointer<committer_state> self;
  std::shared_ptr<database> db;
  log_writer_actor writer;
  group_ptr gathering;
  group_ptr in_flight;
  bool failing = false;

  caf::result<committed> add(const write_set& writes) {
    if (gathering->waiting.size() >= defaults::max_pending_commits ||
        gathering->batch.bytes() + writes.bytes() > defaults::max_pending_commit_bytes)
      return fail(ec::overloaded, std::to_string(gathering->waiting.size()) + " writes wait for the disk already");
    gathering->batch.add(writes);
    auto promise = self->make_response_promise<committed>();
    gathering->waiting.push_back(promise);
    if (!in_flight)
      write_gathered();
    return promise;
  }

  void write_gathered() {
    in_flight = std::exchange(gathering, std::make_shared<commit_group>(*db));
    // No timeout: a slow disk is waited for, because the outcome of a write in flight cannot be guessed. The bounds
    // above limit what waits here.
    self->request(writer, caf::infinite, in_flight)
      .then([this](committed) { finish(caf::none); }, [this](const caf::error& err) { finish(err); });
  }

  void finish(const caf::error& err) {
    report(err);
    std::exchange(in_flight, nullptr)->answer(err);
    if (db->is_broken())
      self->quit(err);
    else if (!gathering->waiting.empty())
      write_gathered();
  }

  /// Logs when the disk starts and stops failing, not every write in between.
  void report(const caf::error& err) {
    if (err && !failing)
      log::error("Store write failed: {}", text_of(err));
    if (!err && failing)
      log::info("Store writes succeed again");
    failing = static_cast<bool>(err);
  }
};

committer_actor::behavior_type committer(committer_actor::stateful_pointer<committer_state> self,
                                         const committer_services& services) {
  self->state.self = self;
  self->state.db = services.db;
  self->state.gathering = std::make_shared<commit_group>(*services.db);
  self->state.writer = self->spawn<caf::detached + caf::linked>(log_writer, services.db);
  return {[self](const write_set& writes) { return self->state.add(writes); }};
}

} // namespace

committer_actor spawn_committer(caf::actor_system& system, committer_services services) {
  return system.spawn(committer, std::move(services));
}

} // namespace hive
