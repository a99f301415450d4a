#pragma once

#include "messages/events.capnp.h"
#include "messages/msg.hpp"
#include "messages/upgrade.capnp.h"

#include <map>
#include <optional>
#include <string>

namespace hive {

/// Turns verdicts into events, but suppresses repetitions of the same verdict on the same question.
class verdict_deduplicator {
public:
  /// Remembers the verdicts on up to `capacity` questions. When it is full, it forgets all, and each event may recur
  /// once.
  explicit verdict_deduplicator(size_t capacity) : capacity_{capacity} {
  }

  /// The event, unless it equals the last one for these two versions and this policy.
  std::optional<msg<wire::Event>> event_if_new(const msg<wire::UpgradeCheck>& given);

private:
  size_t capacity_;
  std::map<std::string, std::string> last_events_; ///< question → encoded event
};

} // namespace hive
