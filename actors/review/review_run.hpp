#pragma once

#include "actors/baseline/api.hpp"
#include "actors/process/api.hpp"
#include "actors/review/api.hpp"
#include "actors/review/prepared_change.hpp"
#include "actors/review/review_options.hpp"
#include "actors/store/api.hpp"
#include "messages/review.capnp.h"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <memory>

namespace hive::review {

/// The part of the baselines that reviews ask.
using agent_judge_actor = caf::typed_actor<caf::replies_to<msg<wire::ValidateAgent>>::with<msg<wire::AgentValidation>>>;

/// Services that reviews depend on.
struct review_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
  runner_actor runner;
  agent_judge_actor baselines;
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
