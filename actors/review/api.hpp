#pragma once

// Reviews of changes.

#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct Review;
struct ReviewList;
struct ReviewListQuery;
struct ReviewQuery;
struct StartReview;
} // namespace hive::wire

namespace hive {

/// Reviews changes of git repositories.
using reviewer_actor = caf::typed_actor<
  // Accepts a review, durably, and answers before it runs. ec::overloaded when too many wait; ec::unsupported when a
  // sandbox is required and does not work here; ec::not_found for a repository or revision that does not exist, and
  // ec::conflict when base and head have no commit in common.
  caf::replies_to<msg<wire::StartReview>>::with<msg<wire::Review>>,
  // One review at its present stage, or ec::not_found.
  caf::replies_to<msg<wire::ReviewQuery>>::with<msg<wire::Review>>,
  // Reviews, newest first.
  caf::replies_to<msg<wire::ReviewListQuery>>::with<msg<wire::ReviewList>>,
  // internal: a running review has reached another step.
  caf::reacts_to<msg<wire::Review>>>;

} // namespace hive
