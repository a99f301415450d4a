#pragma once

#include <capnp/blob.h>
#include <string_view>

namespace hive {

/// The characters of a text field, without a copy; valid as long as the message.
inline std::string_view as_view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

} // namespace hive
