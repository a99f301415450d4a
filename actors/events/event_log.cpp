#include "actors/events/event_log.hpp"

#include <algorithm>
#include <capnp/message.h>

namespace hive {
namespace {

/// Number of ids per epoch. The leading digits of an id show its epoch. The ids of about nine million epochs stay below
/// 2^53, up to which every JSON reader preserves integers.
constexpr uint64_t ids_per_epoch = 1'000'000'000;

msg<wire::Event> missed(uint64_t last_missed, uint64_t count, int64_t time) {
  return msg<wire::Event>::build([&](wire::Event::Builder out) {
    out.setId(last_missed);
    out.setTime(time);
    out.setKind(wire::EventKind::MISSED);
    out.initMissed().setCount(count);
  });
}

} // namespace

event_log::event_log(uint64_t epoch, size_t capacity)
    : first_{epoch * ids_per_epoch + 1}, capacity_{capacity}, next_{first_} {
}

void event_log::add(const msg<wire::Event>& what, int64_t now_unix_micros) {
  capnp::MallocMessageBuilder numbered;
  numbered.setRoot(*what);
  auto root = numbered.getRoot<wire::Event>();
  root.setId(next_++);
  root.setTime(now_unix_micros);
  if (events_.size() == capacity_)
    events_.pop_front();
  events_.push_back(msg<wire::Event>::adopt(numbered));
}

event_log::page event_log::read(int64_t position, const event_kinds& kinds, size_t most) const {
  page out;
  if (position < 0) {
    out.position = static_cast<int64_t>(newest());
    return out;
  }
  auto known = static_cast<uint64_t>(position);
  bool is_foreign = known + 1 < first_ || known > newest();
  if (known != 0 && (is_foreign || known + 1 < oldest())) {
    auto time = events_.empty() ? 0 : events_.front()->getTime();
    out.events.push_back(missed(oldest() - 1, is_foreign ? 0 : oldest() - 1 - known, time));
  }
  auto next = known == 0 || is_foreign ? oldest() : std::max(known + 1, oldest());
  size_t taken = 0;
  for (; next != next_ && taken < most; ++next) {
    const auto& event = events_[next - oldest()];
    if (!kinds.empty() && !kinds.contains(event->getKind()))
      continue;
    out.events.push_back(event);
    ++taken;
  }
  out.position = static_cast<int64_t>(next - 1);
  return out;
}

} // namespace hive
