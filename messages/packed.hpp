#pragma once

#include "messages/msg.hpp"

#include <string>
#include <string_view>

namespace hive {
namespace detail {

std::string pack(std::string_view stream);
/// The message behind packed bytes, unchecked; ec::malformed, also for one of more than `most` bytes.
caf::expected<shared_words> unpack(std::string_view packed, size_t most);

} // namespace detail

/// The message in Cap'n Proto's packed encoding, which leaves zero bytes out.
template <class T>
std::string to_packed(const msg<T>& message) {
  return detail::pack(message.bytes());
}

/// Reads untrusted packed bytes; fails like `msg<T>::load`. However well they were packed, they take no more memory
/// than the type's largest message.
template <class T>
caf::expected<msg<T>> from_packed(std::string_view packed) {
  auto words = detail::unpack(packed, max_bytes_of(capnp::Schema::from<T>()));
  if (!words)
    return words.error();
  auto bytes = (*words)->asChars();
  return msg<T>::load({bytes.begin(), bytes.size()});
}

} // namespace hive
