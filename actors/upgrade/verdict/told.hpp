#pragma once

#include "messages/text.hpp"

#include <string>

namespace hive {

/// Findings of one kind that an explanation tells one by one.
inline constexpr size_t most_told = 10;

/// "adapter.metric", or the one of them that is there.
inline std::string told_name(capnp::Text::Reader adapter, capnp::Text::Reader metric) {
  std::string out{as_view(adapter)};
  if (adapter.size() > 0 && metric.size() > 0)
    out += '.';
  return out += as_view(metric);
}

} // namespace hive
