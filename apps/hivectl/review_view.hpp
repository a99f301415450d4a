#pragma once

#include "apps/hivectl/context.hpp"
#include "messages/review.capnp.h"

#include <string>

namespace hive::ctl {

/// In which form a review is told.
struct review_form {
  std::string format; ///< json, markdown, junit, sarif, check-run; empty: text for people, or JSON with --json
  std::string out;    ///< file for that form; empty: standard output
  std::string link;   ///< where the whole result is
};

/// Tells a review. The exit status is that of its decision: done, rejected, or inconclusive when a person has to look
/// or it is not done yet. exit_status::file_failed when the file cannot be written; exit_status::refused for a form of
/// a review that is not done.
outcome tell_review(session& s, const msg<wire::Review>& review, const review_form& form);

} // namespace hive::ctl
