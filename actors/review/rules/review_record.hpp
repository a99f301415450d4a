#pragma once

#include "actors/review/rules/verdict.hpp"
#include "messages/msg.hpp"
#include "messages/review.capnp.h"

#include <cstdint>
#include <string_view>

/// A review's stored form at each of its stages. Times are microseconds since 1970.
namespace hive::review {

/// A review that has been accepted and waits.
msg<wire::Review> queued(wire::StartReview::Reader request, std::string_view id, const git_range& range, bool sandboxed,
                         int64_t now_unix_micros);

/// The review at its start, which counts as one attempt.
msg<wire::Review> started(const msg<wire::Review>& review, int64_t now_unix_micros);

/// The review at a later step; `progress` says in words what is being done.
msg<wire::Review> at_step(const msg<wire::Review>& review, wire::ReviewStep step, std::string_view progress);

/// The finished review with everything that was found. Lists are cut to the schema's bounds, with their full numbers
/// beside them.
msg<wire::Review> finished(const msg<wire::Review>& review, const review_facts& facts, int64_t now_unix_micros);

/// The entry of a review in a list.
void fill(wire::ReviewLine::Builder out, wire::Review::Reader review);

} // namespace hive::review
