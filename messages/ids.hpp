#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace hive {

/// Whether `text` is a valid id or version, as accepted from outside: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`. A valid text
/// is safe as part of a key, a path or a URL.
bool is_valid_id(std::string_view text);

/// The rule of `is_valid_id`, for error messages.
inline constexpr std::string_view id_rule =
  "must start with a letter or digit and hold at most 64 letters, digits, '.', '_' and '-'";

/// A strong typedef: values with different tags cannot be mixed up.
template <class Tag, class Value>
struct strong {
  Value value{};
  auto operator<=>(const strong&) const = default;
};

/// Number of a capture on this node. Increases with every capture and is never reused.
using capture_id = strong<struct capture_id_tag, uint64_t>;

/// Number of a task record on this node, from 1. Increases with every record and is never reused.
using task_sequence = strong<struct task_sequence_tag, uint64_t>;

/// Number of a GPU lease, and before that of the request for it: the epoch of the node in which it was asked for, and a
/// count.
using lease_id = strong<struct lease_id_tag, uint64_t>;

/// A connection to another process, whether to a node (before and after the handshake) or to an engine. Unique within
/// one run of the node.
using connection_id = strong<struct connection_id_tag, uint64_t>;

/// A node's id: hex of the first 16 bytes of its public key's SHA-256.
using node_id = strong<struct node_id_tag, std::string>;

} // namespace hive
