#pragma once

#include "actors/hive/replica.hpp"

#include <map>
#include <set>
#include <string>

namespace hive {

/// What this node wants its slots to say, against what they say. Pure.
class own_slots {
public:
  /// Replaces all that is to be said of one kind: payloads by key.
  void want(slot_kind kind, std::map<std::string, std::string> payloads);

  /// Signed slots that make `replica` say it, in an order in which they may be committed: changes, and erasures of what
  /// is wanted no more. Payloads that the replica refuses are left out and named in `refused`.
  std::vector<slot_ptr> prepare(replica& by, int64_t now_unix_micros, std::vector<caf::error>& refused) const;

private:
  std::map<slot_kind, std::map<std::string, std::string>> wanted_;
};

} // namespace hive
