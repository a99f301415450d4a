#pragma once

#include "messages/ids.hpp"

#include <caf/error.hpp>
#include <map>
#include <string>

namespace hive {

/// What is being done with the captures of which version: one thing at a time, and a bounded number of them.
class captures_in_work {
public:
  enum class kind : uint8_t { capture, import, deletion };

  /// Captures and imports at the same time. Deletions are not bounded here: each is one write, and the committer bounds
  /// those.
  explicit captures_in_work(size_t most) : most_{most} {
  }

  /// Keeps others from the version's captures until `release`. `number` is that of a capture or an import. ec::busy
  /// while something else is done with the version, ec::overloaded when too much is in work.
  caf::error reserve(const std::string& version, kind what, capture_id number = {});

  void release(const std::string& version) {
    entries_.erase(version);
  }

  /// The capture of this version that is running; 0 when none is.
  capture_id running(const std::string& version) const;

private:
  struct entry {
    kind what;
    capture_id number;
  };

  size_t most_;
  std::map<std::string, entry> entries_;
};

} // namespace hive
