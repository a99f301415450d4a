#pragma once

#include "actors/review/review_run.hpp"

namespace hive {

using review_services = review::review_services;

/// Spawns the actor that accepts, orders and stores reviews. At most one review per repository and
/// defaults::max_running_reviews in all run at once; the others wait in order of arrival. Each step and the result are
/// durable. At its start it removes what earlier reviews left in the options' directory, and starts again what was
/// interrupted, up to defaults::max_review_attempts times. Ends with ec::corrupt when stored reviews cannot be read,
/// and with the committer's error when a result cannot be stored.
reviewer_actor spawn_reviewer(caf::actor_system& system, review_services services, review_options options);

} // namespace hive
