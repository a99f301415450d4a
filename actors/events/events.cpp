#include "actors/events/events.hpp"

#include "messages/ec.hpp"
#include "messages/timestamp.hpp"

#include <caf/all.hpp>

namespace hive {

void events_state::init(pointer self, const events_options& options) {
  self_ = self;
  log_.emplace(options.epoch, options.kept);
}

void events_state::add(const msg<wire::Event>& what) {
  log_->add(what, now_unix_micros());
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    auto& [asked, answer] = each->second;
    auto page = page_for(asked);
    asked.position = page.position;
    if (page.events.empty()) {
      ++each;
      continue;
    }
    answer.deliver(std::move(page));
    each = waiting_.erase(each);
  }
}

caf::result<event_log::page> events_state::read(const read_events& asked) {
  auto page = page_for(asked);
  if (!page.events.empty() || asked.position < 0)
    return page;
  if (waiting_.size() >= defaults::max_event_readers)
    return fail(ec::overloaded, std::to_string(waiting_.size()) + " readers wait for events already");
  auto& added = waiting_[++last_reader_];
  added.asked = asked;
  added.asked.position = page.position;
  added.answer = self_->make_response_promise<event_log::page>();
  self_->delayed_send(self_, asked.wait, end_of_wait{last_reader_});
  return added.answer;
}

void events_state::give_up(const end_of_wait& late) {
  auto found = waiting_.find(late.reader);
  if (found == waiting_.end())
    return;
  event_log::page nothing;
  nothing.position = found->second.asked.position;
  found->second.answer.deliver(std::move(nothing));
  waiting_.erase(found);
}

event_log::page events_state::page_for(const read_events& asked) const {
  return log_->read(asked.position, asked.kinds, defaults::events_per_read);
}

events_self::behavior_type events(events_state::pointer self, const events_options& options) {
  auto& state = self->state;
  state.init(self, options);
  return {
    [&state](const msg<wire::Event>& what) { state.add(what); },
    [&state](const read_events& asked) { return state.read(asked); },
    [&state](const end_of_wait& late) { state.give_up(late); },
  };
}

} // namespace hive
