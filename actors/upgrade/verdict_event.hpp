#pragma once

#include "messages/events.capnp.h"
#include "messages/msg.hpp"
#include "messages/upgrade.capnp.h"

#include <map>
#include <optional>
#include <string>

namespace hive {

/// Makes events out of verdicts, but of one who asks the same again and again only when the answer has changed.
class verdict_teller {
public:
  /// Remembers the answers to at most `capacity` questions; then it forgets them all and may repeat itself once.
  explicit verdict_teller(size_t capacity) : capacity_{capacity} {
  }

  /// The event, unless it was the last one for these two versions and this policy.
  std::optional<msg<wire::Event>> tell(const msg<wire::UpgradeCheck>& given);

private:
  size_t capacity_;
  std::map<std::string, std::string> told_; ///< question → event, encoded
};

} // namespace hive
