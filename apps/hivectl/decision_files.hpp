#pragma once

#include "actors/upgrade/decision/decision_verification.hpp"
#include "apps/hivectl/context.hpp"

#include <string>
#include <string_view>

namespace hive::ctl {

/// What a decision document is verified with.
struct decision_question {
  std::string file;       ///< name of the document's, for errors
  std::string members;    ///< ids with commas, or a file with them; empty: the first members are not compared
  std::string snapshots;  ///< directory of measurements; empty: none
  std::string judgements; ///< directory of verdict documents; empty: none
};

/// Verifies a decision document, without a node, and shows what was checked and what was not. exit_status::rejected
/// when it fails.
outcome verify_decision_file(session& s, std::string_view text, const decision_question& question);

} // namespace hive::ctl
