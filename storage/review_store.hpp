#pragma once

#include "messages/review.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <functional>
#include <string>
#include <vector>

namespace hive {

/// Number of a review on this node, from 1; increases and is never reused.
using review_number = strong<struct review_number_tag, uint64_t>;

/// `r` and the number, as in the API.
std::string review_id(review_number number);

/// The number in an id; nothing for a text that is no id of a review.
std::optional<review_number> number_of_review(std::string_view id);

/// Reviews, and what is known of the tests of their bases.
class review_store {
public:
  explicit review_store(const database& db) : db_{db} {
  }

  /// The review, or nothing when it does not exist. Fails with ec::corrupt.
  caf::expected<std::optional<msg<wire::Review>>> find(review_number number) const;

  /// Visits reviews from the newest before `before` (0: the newest of all) to the oldest, until `visit_review` returns
  /// `stop`. Fails with ec::corrupt.
  caf::error visit(review_number before,
                   const std::function<database::scan(const msg<wire::Review>&)>& visit_review) const;

  static void put(write_set& writes, const msg<wire::Review>& review);
  static void erase(write_set& writes, review_number number);

  /// What is known of the tests of a tree under one command, or nothing. Fails with ec::corrupt.
  caf::expected<std::optional<msg<wire::BaseRuns>>> find_base(std::string_view key) const;

  /// The keys of all that is known of bases, the longest unused first. Fails with ec::corrupt.
  caf::expected<std::vector<std::string>> base_keys() const;

  static void put_base(write_set& writes, const msg<wire::BaseRuns>& runs);
  static void erase_base(write_set& writes, std::string_view key);

private:
  const database& db_;
};

} // namespace hive
