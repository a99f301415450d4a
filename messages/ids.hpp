#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace hive {

/// Whether `text` is an id or version as it may come from outside: `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`.
/// Such a text is safe as a part of a key, a path or a URL.
bool is_valid_id(std::string_view text);

/// What `is_valid_id` asks for, to put into an error message.
inline constexpr std::string_view id_rule =
  "must start with a letter or digit and hold at most 64 letters, digits, '.', '_' and '-'";

/// An integer or text that means one thing only; `Tag` keeps two meanings from being mixed up.
template <class Tag, class Value>
struct strong {
  Value value{};
  auto operator<=>(const strong&) const = default;
};

/// Number of a capture on this node; grows with every capture and is never reused.
using capture_id = strong<struct capture_id_tag, uint64_t>;

/// Number of a task record on this node; grows with every record and is never reused. The first has 1.
using task_sequence = strong<struct task_sequence_tag, uint64_t>;

/// A connection with another process: one that is or may become a link, or an engine's. Unique within a node's life.
using connection_id = strong<struct connection_id_tag, uint64_t>;

/// Hex of the first 16 bytes of the SHA-256 of the node's public key.
using node_id = strong<struct node_id_tag, std::string>;

} // namespace hive
