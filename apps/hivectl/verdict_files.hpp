#pragma once

#include "apps/hivectl/context.hpp"
#include "messages/verdict.capnp.h"

#include <string>

namespace hive::ctl {

/// What a check is asked.
struct check_question {
  std::string old_version;
  std::string new_version;
  std::string policy; ///< empty: the node's default
  std::string track;  ///< empty: main
};

/// The path of a check below /api/v1, or with `/document` of its verdict document.
std::string path_of(const check_question& question, const std::string& more = {});

/// Asks for a check's verdict document and writes it into a file. Fails as the check does, or with
/// exit_status::file_failed.
caf::expected<msg<wire::VerdictDocument>> write_document(session& s, const check_question& question,
                                                         const std::string& file);

} // namespace hive::ctl
