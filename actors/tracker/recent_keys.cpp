#include "actors/tracker/recent_keys.hpp"

#include "messages/text.hpp"

#include <array>
#include <sodium/crypto_shorthash_siphash24.h>
#include <utility>

namespace hive {
namespace {

constexpr size_t first_slots = 1'024;
constexpr key_digest free_slot{};

} // namespace

key_digest key_digest::of(std::string_view key) {
  // Stored digests must be the same in every run, so the key is fixed. Digests need not resist attacks: senders who
  // make their own keys collide only lose their own records.
  static constexpr std::array<unsigned char, crypto_shorthash_siphashx24_KEYBYTES> fixed{'t', 'a', 's', 'k'};
  std::array<uint64_t, 2> out{};
  static_assert(sizeof out == crypto_shorthash_siphashx24_BYTES);
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(out.data()), bytes_of(key), key.size(), fixed.data());
  // Zero marks a free slot.
  return {out[0] | (out[0] == 0 && out[1] == 0), out[1]};
}

void recent_keys::insert(key_digest key) {
  younger_.insert(key);
  ++next_;
}

bool recent_keys::forget_old() {
  if (younger_.size() < capacity_)
    return false;
  bool forgets = older_.size() > 0;
  older_ = std::exchange(younger_, {});
  return forgets;
}

bool recent_keys::digest_set::contains(key_digest key) const {
  return !slots_.empty() && slots_[slot_of(key)] == key;
}

void recent_keys::digest_set::insert(key_digest key) {
  if (slots_.empty() || size_ * 2 >= slots_.size())
    grow();
  slots_[slot_of(key)] = key;
  ++size_;
}

size_t recent_keys::digest_set::slot_of(key_digest key) const {
  auto mask = slots_.size() - 1;
  auto slot = key.low & mask;
  while (slots_[slot] != free_slot && slots_[slot] != key)
    slot = (slot + 1) & mask;
  return slot;
}

void recent_keys::digest_set::grow() {
  auto before = std::exchange(slots_, std::vector<key_digest>(slots_.empty() ? first_slots : 2 * slots_.size()));
  for (auto key : before)
    if (key != free_slot)
      slots_[slot_of(key)] = key;
}

} // namespace hive
