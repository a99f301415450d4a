#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace hive {

/// 128 bits that stand for an idempotency key, so that the key itself need not be kept: the chance that two of 10^12
/// keys share them is about 10^-15.
struct key_digest {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const key_digest&) const = default;

  static key_digest of(std::string_view key);
};

/// The newest idempotency keys, as two generations: when the younger one is full, it becomes the older one and the one
/// before is forgotten. So nothing is ever taken out of a set, and what is forgotten goes in one piece.
class recent_keys {
public:
  /// Remembers at least the newest `capacity` keys.
  explicit recent_keys(size_t capacity) : capacity_{capacity} {
  }

  bool contains(key_digest key) const {
    return younger_.contains(key) || older_.contains(key);
  }

  /// Only for a key that is not contained.
  void insert(key_digest key);

  /// To be called between groups of keys that become durable together, so that a generation holds whole groups.
  /// Returns whether keys were forgotten: all whose places lie before `first_remembered`.
  bool forget_old();

  /// Place among all keys of the oldest one that is remembered, and of the next one that is inserted.
  uint64_t first_remembered() const {
    return next_ - younger_.size() - older_.size();
  }
  uint64_t next() const {
    return next_;
  }

  /// Goes on counting at `place`, when keys before it were forgotten in an earlier run. Only while nothing is held.
  void start_at(uint64_t place) {
    next_ = place;
  }

private:
  /// A hash set in one array: a digest is its own hash.
  class digest_set {
  public:
    bool contains(key_digest key) const;
    void insert(key_digest key);
    size_t size() const {
      return size_;
    }

  private:
    size_t slot_of(key_digest key) const;
    void grow();

    std::vector<key_digest> slots_; ///< a power of two, at most half of them taken; all zero: free
    size_t size_ = 0;
  };

  size_t capacity_;
  uint64_t next_ = 0;
  digest_set younger_;
  digest_set older_;
};

} // namespace hive
