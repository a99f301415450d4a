#pragma once

#include "messages/ids.hpp"

#include <caf/error.hpp>
#include <map>
#include <string>

namespace hive {

/// Reservations of versions for captures, imports and deletions: one at a time per version, with a bound on concurrent
/// captures and imports.
class captures_in_work {
public:
  enum class kind : uint8_t { capture, import, deletion };

  /// `most` bounds concurrent captures and imports. Deletions are not bounded here: each is a single write, which the
  /// committer bounds.
  explicit captures_in_work(size_t most) : most_{most} {
  }

  /// Reserves the version until `release`. `number` is the number of the capture or import. ec::busy when the version
  /// is already reserved, ec::overloaded when the bound is reached.
  caf::error reserve(const std::string& version, kind what, capture_id number = {});

  void release(const std::string& version) {
    entries_.erase(version);
  }

  /// The running capture of this version; 0 when there is none.
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
