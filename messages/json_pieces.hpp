#pragma once

#include "messages/msg.hpp"

#include <capnp/any.h>
#include <string>
#include <vector>

namespace hive {

struct struct_rules;

namespace detail {

/// Writes a message as JSON, as a whole or in pieces that begin where the last one ended. The message must stay.
class json_writer {
public:
  explicit json_writer(capnp::DynamicStruct::Reader root);

  /// Appends to `out` until that has `pause_at` bytes, which is more than 0, or slightly more. False when the document
  /// is complete.
  bool write(std::string& out, size_t pause_at);

private:
  capnp::AnyStruct::Reader root_;
  const struct_rules& rules_;
  std::vector<uint32_t> place_; ///< of the next element: its index, then those of what encloses it
  bool complete_ = false;
};

} // namespace detail

/// A message's JSON in pieces, so that the text need not exist as a whole.
template <class T>
class json_pieces {
public:
  explicit json_pieces(msg<T> message)
      : message_{std::move(message)}, writer_{capnp::DynamicStruct::Reader{*message_}} {
  }

  /// Appends the next piece, until `out` has `bytes` bytes or slightly more. False when it was the last one.
  bool next(std::string& out, size_t bytes) {
    return writer_.write(out, bytes);
  }

  const msg<T>& message() const {
    return message_;
  }

private:
  msg<T> message_;
  detail::json_writer writer_;
};

} // namespace hive
