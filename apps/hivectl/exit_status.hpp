#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace hive::ctl {

/// hivectl's exit statuses. Scripts depend on them, so they never change. Values from 64 follow sysexits.h.
enum class exit_status : int {
  done = 0,     ///< success, or the verdict is safe or approved
  rejected = 1, ///< the verdict is regressed or rejected, or a document fails its verification; used for nothing else
  inconclusive = 2, ///< the measurements do not allow a verdict
  usage = 64,       ///< invalid command line; nothing was attempted
  refused = 65,     ///< the input or the request was rejected: a bad file, a name in use, a limit
  not_found = 66,   ///< the version, benchmark, record, … does not exist
  unreachable = 69, ///< no node answered, or it is not serving: the outcome is unknown and a retry may help
  file_failed = 74, ///< a local file cannot be read or written
  not_allowed = 77, ///< the node denies access: missing or unknown token, or insufficient role
};

/// A command's result; errors are printed as one line.
using outcome = caf::expected<exit_status>;

/// An error that ends hivectl with `status`, for cases without a matching hive::ec. `text_of` returns its text.
caf::error fail_as(exit_status status, std::string text);

/// Maps an error about local files: missing or unusable files to exit_status::file_failed, damaged ones to
/// exit_status::refused, so that they are not taken for a node's errors.
caf::error of_file(const caf::error& err);

/// The exit status for an error of a node, of hivectl or of `fail_as`.
exit_status exit_status_of(const caf::error& err);

/// The exit status for an HTTP error `status` without a problem document.
exit_status exit_status_of_http(int status);

/// The statuses, for the end of --help.
inline constexpr std::string_view exit_status_help =
  "Exit status:\n"
  "  0   done; the verdict is safe or approved\n"
  "  1   the verdict is regressed or rejected; a document fails its verification\n"
  "  2   inconclusive, held, flagged or aborted: no verdict, or a measurement that failed\n"
  "  64  wrong usage; nothing was tried\n"
  "  65  the input or the request was refused: a bad file, a name in use, a limit\n"
  "  66  no such version, benchmark, session, task type and so on\n"
  "  69  no node answers, or it is not serving now; try again later\n"
  "  74  a file cannot be read or written\n"
  "  77  not allowed: no token, an unknown one, or one whose role does not suffice\n";

} // namespace hive::ctl
