#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace hive {

/// A 128-bit digest that replaces an idempotency key, so that the key itself need not be stored. The probability of a
/// collision among 10^12 keys is about 10^-15.
struct key_digest {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const key_digest&) const = default;

  static key_digest of(std::string_view key);
};

/// The newest idempotency keys, in two generations: when the younger one is full, it becomes the older one, and the
/// previous older one is dropped. Thus keys are never removed from a set one by one.
class recent_keys {
public:
  /// Remembers at least the newest `capacity` keys.
  explicit recent_keys(size_t capacity) : capacity_{capacity} {
  }

  bool contains(key_digest key) const {
    return younger_.contains(key) || older_.contains(key);
  }

  /// Requires that the key is not contained.
  void insert(key_digest key);

  /// Starts a new generation and drops the oldest when the younger one is full. Call it between groups of keys that
  /// become durable together, so that a generation holds whole groups. Returns whether keys were forgotten: all those
  /// before position `first_remembered`.
  bool forget_old();

  /// Positions of the oldest remembered key and of the next key to be inserted, counted from the first key ever
  /// inserted.
  uint64_t first_remembered() const {
    return next_ - younger_.size() - older_.size();
  }
  uint64_t next() const {
    return next_;
  }

  /// Sets the position of the next key, when a previous run has already forgotten keys. Requires that the set is empty.
  void start_at(uint64_t place) {
    next_ = place;
  }

private:
  /// A hash set in one array; digests are their own hashes.
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

    std::vector<key_digest> slots_; ///< a power of two of slots, at most half occupied; all zero: free
    size_t size_ = 0;
  };

  size_t capacity_;
  uint64_t next_ = 0;
  digest_set younger_;
  digest_set older_;
};

} // namespace hive
