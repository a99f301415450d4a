#pragma once

#include "messages/review.capnp.h"

#include <string>
#include <vector>

namespace hive::review {

enum class remark_level : uint8_t { notice, warning, error };

/// One thing that a reader of a change should see at a place of it.
struct remark {
  const char* rule; ///< such as `new-test-failure`
  remark_level level = remark_level::notice;
  std::string text;
  std::string path; ///< empty: the whole change
  uint32_t line = 0;
};

/// A rule that remarks can have, with its meaning.
struct remark_rule {
  const char* id;
  const char* meaning;
};

const std::vector<remark_rule>& remark_rules();

/// All remarks of a finished review, errors first.
std::vector<remark> remarks_of(wire::Review::Reader review);

} // namespace hive::review
