#pragma once

#include "messages/msg.hpp"

#include <string>
#include <string_view>

namespace hive {
namespace detail {

std::string pack(std::string_view stream);
/// Unpacks a message without checking its fields. Fails with ec::malformed, including when the message would exceed
/// `most` bytes.
caf::expected<shared_words> unpack(std::string_view packed, size_t most);

} // namespace detail

/// Encodes a message in Cap'n Proto's packed form, which omits zero bytes.
template <class T>
std::string to_packed(const msg<T>& message) {
  return detail::pack(message.bytes());
}

/// Decodes untrusted packed bytes; fails like `msg<T>::load`. Memory use is bounded by the type's size limit, whatever
/// the packing ratio.
template <class T>
caf::expected<msg<T>> from_packed(std::string_view packed) {
  auto words = detail::unpack(packed, max_bytes_of(capnp::Schema::from<T>()));
  if (!words)
    return words.error();
  auto bytes = (*words)->asChars();
  return msg<T>::load({bytes.begin(), bytes.size()});
}

} // namespace hive
