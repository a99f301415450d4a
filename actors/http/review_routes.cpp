#include "actors/http/review_routes.hpp"

#include "messages/review.capnp.h"

namespace hive::http {

std::vector<route> review_routes(const reviewer_actor& reviewer) {
  using namespace wire;
  using enum method;
  const std::string review = "/api/v1/reviews/{id}";
  return {
    // A review names a repository and commands that the node runs, which requires the operator's role.
    route::ask<StartReview, Review>(post, "/api/v1/reviews", reviewer, "Review a change of a git repository",
                                    {.status = 202, .location = review})
      .for_role(role::operate),
    route::ask<ReviewListQuery, ReviewList>(get, "/api/v1/reviews", reviewer, "Reviews, newest first"),
    route::ask<ReviewQuery, Review>(get, review, reviewer, "A review, at any stage").with_large_answers(),
  };
}

} // namespace hive::http
