#include "actors/events/events.hpp"

#include "messages/ec.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <optional>
#include <vector>

namespace hive {
namespace {

// internal: a reader may have waited long enough.
using end_waits_atom = caf::atom_constant<caf::atom("end_waits")>;
using events_self = events_actor::extend<caf::reacts_to<end_waits_atom>>;

class events_state {
public:
  using pointer = events_self::stateful_pointer<events_state>;
  static inline const char* name = "events";

  events_state() = default;
  events_state(const events_state&) = delete;
  events_state& operator=(const events_state&) = delete;
  ~events_state() {
    for (auto& waiting : waiting_) // unanswered promises would leave the requesters waiting forever
      waiting.answer.deliver(fail(ec::unavailable, "the log of events has ended"));
  }

  void init(pointer self, const events_options& options) {
    self_ = self;
    log_.emplace(options.epoch, options.kept);
  }

  void add(const msg<wire::Event>& what) {
    log_->add(what, now_unix_micros());
    std::erase_if(waiting_, [this](reader& waiting) {
      auto page = page_for(waiting.asked);
      waiting.asked.position = page.position;
      if (page.events.empty())
        return false;
      waiting.answer.deliver(std::move(page));
      return true;
    });
  }

  caf::result<event_log::page> read(const read_events& asked) {
    auto page = page_for(asked);
    if (!page.events.empty() || asked.position < 0)
      return page;
    if (waiting_.size() >= defaults::max_event_readers)
      return fail(ec::overloaded, std::to_string(waiting_.size()) + " readers wait for events already");
    auto& added = waiting_.emplace_back();
    added.asked = asked;
    added.asked.position = page.position;
    added.until = clock::now() + asked.wait;
    added.answer = self_->make_response_promise<event_log::page>();
    wake_at(added.until);
    return added.answer;
  }

  void end_waits() {
    auto now = clock::now();
    if (wake_ && *wake_ > now) // an outdated timer, replaced by one that was due earlier
      return;
    wake_.reset();
    auto next = clock::time_point::max();
    std::erase_if(waiting_, [&](reader& waiting) {
      if (waiting.until > now) {
        next = std::min(next, waiting.until);
        return false;
      }
      event_log::page nothing;
      nothing.position = waiting.asked.position;
      waiting.answer.deliver(std::move(nothing));
      return true;
    });
    if (!waiting_.empty())
      wake_at(next);
  }

private:
  using clock = std::chrono::steady_clock;

  struct reader {
    read_events asked;
    clock::time_point until;
    caf::typed_response_promise<event_log::page> answer;
  };

  /// One timer serves all readers, because CAF keeps every timer until it expires and each event makes readers ask
  /// again.
  void wake_at(clock::time_point when) {
    if (wake_ && *wake_ <= when)
      return;
    wake_ = when;
    self_->delayed_send(self_, std::max(when - clock::now(), clock::duration::zero()), end_waits_atom::value);
  }

  event_log::page page_for(const read_events& asked) const {
    return log_->read(asked.position, asked.kinds, defaults::events_per_read);
  }

  pointer self_ = nullptr;
  std::optional<event_log> log_;
  std::vector<reader> waiting_;
  std::optional<clock::time_point> wake_; ///< when end_waits is due
};

events_self::behavior_type events(events_state::pointer self, const events_options& options) {
  auto& state = self->state;
  state.init(self, options);
  return {
    [&state](const msg<wire::Event>& what) { state.add(what); },
    [&state](const read_events& asked) { return state.read(asked); },
    [&state](end_waits_atom) { state.end_waits(); },
  };
}

} // namespace

events_actor spawn_events(caf::actor_system& system, events_options options) {
  return system.spawn(events, options);
}

} // namespace hive
