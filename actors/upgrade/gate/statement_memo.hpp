#pragma once

#include "actors/upgrade/gate/statement.hpp"

#include <map>

namespace hive::gate {

/// A cache of decoded objects, by the hash of the bytes from which they were decoded. It drops those that were not used
/// for longest, and holds objects of at most twice `bytes`.
template <class T>
class recently_decoded {
public:
  using pointer = std::shared_ptr<const T>;

  explicit recently_decoded(size_t bytes) : most_{bytes} {
  }

  /// Null: unknown.
  pointer find(const digest& hash) {
    auto found = recent_.find(hash);
    if (found != recent_.end())
      return found->second.what;
    auto older = older_.extract(hash);
    if (!older)
      return nullptr;
    auto again = older.mapped();
    add(hash, again.what, again.bytes);
    return again.what;
  }

  void add(const digest& hash, pointer what, size_t bytes) {
    if (bytes_ + bytes > most_) {
      older_ = std::exchange(recent_, {});
      bytes_ = 0;
    }
    if (recent_.try_emplace(hash, entry{std::move(what), bytes}).second)
      bytes_ += bytes;
  }

private:
  struct entry {
    pointer what;
    size_t bytes = 0;
  };

  const size_t most_;
  size_t bytes_ = 0; ///< of the recent ones
  std::map<digest, entry> recent_, older_;
};

/// Statements and values that were decoded with one verifier. Each member tells what is sealed, so a node hears the
/// same votes and accepts once from their authors and again embedded in the slots of all members.
struct statement_memo {
  /// Of encoded statements, and as much of encoded values.
  static constexpr size_t default_bytes = size_t{2} << 20;

  recently_decoded<statement> known_statements{default_bytes};
  recently_decoded<proposed_value> known_values{default_bytes};
};

} // namespace hive::gate
