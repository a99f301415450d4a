#pragma once

#include "actors/process/api.hpp"
#include "actors/review/api.hpp"
#include "actors/review/prepared_change.hpp"
#include "actors/review/review_options.hpp"
#include "actors/store/api.hpp"
#include "messages/review.capnp.h"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <functional>
#include <memory>

namespace hive::review {

/// Asks whether an agent gets worse with a change's recipe, and passes the answer to `done`. `pass_rate` is that of the
/// review's own tests at the head, NaN when they gave none.
using recipe_validator =
  std::function<void(const recipe_change& recipe, double pass_rate, std::function<void(agent_result)> done)>;

/// Services that reviews depend on.
struct review_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
  runner_actor runner;
  recipe_validator validate_recipe; ///< without it, no agent can be judged
};

/// Runs one review.
using review_run_actor = caf::typed_actor<
  // Runs the review and answers with the finished one. It always answers: what goes wrong is the review's error.
  caf::replies_to<msg<wire::Review>>::with<msg<wire::Review>>>;

/// Spawns the actor of one review, which ends after its answer. It tells `reviewer` of each step. Its checkouts are in
/// a directory of its own below the options' and are removed before it answers. When it ends early, its commands end
/// too.
review_run_actor spawn_review_run(caf::actor_system& system, review_services services, review_options options,
                                  reviewer_actor reviewer);

} // namespace hive::review
