#pragma once

#include "messages/ec.hpp"
#include "messages/gate.capnp.h"
#include "messages/msg.hpp"
#include "messages/text.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <capnp/message.h>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace hive::gate {

/// Time of this node's monotonic clock since it started. Never sent, never stored: no decision depends on it.
using instant = std::chrono::milliseconds;
using duration = std::chrono::milliseconds;

/// SHA-256 of canonical bytes. All zeros: there is none.
using digest = sha256_digest;

/// Rank of a member in its generation, or in the electorate of a proposal.
using rank = uint8_t;

inline constexpr size_t max_tracks = 4;
inline constexpr size_t max_members = 32;
/// Large enough for the evidence and the promises of 32 members. The statement's signature and stamp fill the rest of
/// the 64 KiB that a slot of the hive holds.
inline constexpr size_t max_payload_bytes = 65'536 - 512;
inline constexpr size_t max_vote_bytes = 640;
/// Each value lists the proposals that were opened at this many positions before it, and an ask older than that is not
/// opened: so no proposal is opened twice. A proposal takes at least two positions.
inline constexpr uint64_t recent_positions = 64;

/// Kinds of slots of the gate; docs/how-to/hive.md lists all kinds.
enum class slot_type : uint16_t { ask = 3, vote = 4, start = 6, seal = 7, lead = 8, log = 9, run = 10, value = 11 };

/// An attempt to seal a position. Counter 0 needs no promises. A default-constructed one is below all others.
struct round {
  uint64_t counter = 0;
  rank owner = 0;
  uint64_t start = 0;
  auto operator<=>(const round&) const = default;
};

inline round round_of(wire::GateRound::Reader from) {
  return {from.getCounter(), from.getOwner(), from.getStart()};
}

inline void set_round(wire::GateRound::Builder out, const round& to) {
  out.setCounter(to.counter);
  out.setOwner(to.owner);
  out.setStart(to.start);
}

inline std::string_view view_of(capnp::Data::Reader data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}

inline capnp::Data::Reader data_of(std::string_view bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

inline capnp::Data::Reader data_of(const digest& hash) {
  return {hash.data(), hash.size()};
}

/// All zeros when the data has another length.
inline digest digest_of(capnp::Data::Reader data) {
  digest out{};
  if (data.size() == out.size())
    std::copy(data.begin(), data.end(), out.begin());
  return out;
}

inline bool is_same(capnp::Data::Reader data, const digest& hash) {
  return data.size() == hash.size() && std::equal(data.begin(), data.end(), hash.begin());
}

/// First characters of the hash, for people.
std::string short_text(const digest& hash);

/// The canonical encoding of a message: equal contents have equal bytes, so these are what is hashed.
template <class T>
msg<T> to_canonical(typename T::Reader from) {
  auto words = capnp::canonicalize(from);
  capnp::ReaderOptions trusted;
  trusted.traversalLimitInWords = words.size() + 1;
  kj::ArrayPtr<const capnp::word> segments[1] = {words.asPtr()};
  capnp::SegmentArrayMessageReader reader{kj::arrayPtr(segments, 1), trusted};
  return msg<T>::copy_of(reader.getRoot<T>());
}

/// Decodes bytes that are to be hashed. Fails like msg<T>::load, and with ec::malformed when they are not canonical:
/// else one content would have two hashes.
template <class T>
caf::expected<msg<T>> load_canonical(capnp::Data::Reader bytes) {
  auto loaded = msg<T>::load(view_of(bytes));
  if (loaded && to_canonical<T>(**loaded).bytes() != view_of(bytes))
    return fail(ec::malformed, "message that is not in its canonical form");
  return loaded;
}

template <class T>
digest hash_of(const msg<T>& canonical) {
  return sha256(canonical.bytes());
}

} // namespace hive::gate
