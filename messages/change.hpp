#pragma once

#include "messages/msg.hpp"

namespace hive {

/// A copy of `from` in which `change` has changed what it likes; it gets the builder of the root.
template <class T, class Change>
msg<T> changed(const msg<T>& from, Change&& change) {
  capnp::MallocMessageBuilder scratch;
  scratch.setRoot(*from);
  change(scratch.getRoot<T>());
  // Copied again, because what was replaced still takes its room.
  return msg<T>::copy_of(scratch.getRoot<T>().asReader());
}

} // namespace hive
