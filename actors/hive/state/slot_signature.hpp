#pragma once

#include "actors/hive/state/slot.hpp"

#include <array>
#include <cstddef>

namespace hive {

/// 128 bits of BLAKE2b over what a slot says. Two nodes that hold other contents under one stamp differ here; an
/// origin with a secret about it would have to find a collision of 2^64 tries.
using content_hash = std::array<unsigned char, 16>;

/// Sets the signature. What is signed: the text "hivemark slot 1" and a zero byte, which no other signed thing of
/// Hivemark starts with; the 32 characters of the node id; kind (2 bytes), epoch and version (8 each), length of the
/// key (2), all little-endian; the key; the payload.
void sign(slot& what, const key_pair& keys);

/// Whether the holder of `key` signed this.
bool is_signed_by(const slot& what, const public_key& key);

content_hash hash_of(const slot& what);

} // namespace hive
