#pragma once

#include "actors/hive/state/slot.hpp"

#include <array>
#include <cstddef>

namespace hive {

/// 128 bits of BLAKE2b over the content of a slot. Replicas that hold different contents under one stamp have different
/// hashes. An origin that wants to hide such a difference has to find a collision, with about 2^64 tries.
using content_hash = std::array<unsigned char, 16>;

/// Signs the slot. Signed are: the text "hivemark slot 1" and a zero byte, a prefix that nothing else signed by
/// Hivemark has; the 32 characters of the node id; kind (2 bytes), epoch and version (8 each), length of the key (2),
/// all little-endian; the key; the payload.
void sign(slot& what, const key_pair& keys);

/// Verifies the signature.
bool is_signed_by(const slot& what, const public_key& key);

content_hash hash_of(const slot& what);

} // namespace hive
