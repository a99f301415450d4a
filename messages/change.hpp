#pragma once

#include "messages/msg.hpp"

namespace hive {

/// A copy of `from`, modified by `change`, which receives the root's builder.
template <class T, class Change>
msg<T> changed(const msg<T>& from, Change&& change) {
  constexpr size_t room_for_changes = 64;
  capnp::MallocMessageBuilder scratch{
    static_cast<capnp::uint>(from.bytes().size() / sizeof(capnp::word) + room_for_changes)};
  scratch.setRoot(*from);
  change(scratch.getRoot<T>());
  // Copies again: a builder keeps replaced values, a copy drops them.
  return msg<T>::copy_of(scratch.getRoot<T>().asReader());
}

} // namespace hive
