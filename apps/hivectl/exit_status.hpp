#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace hive::ctl {

/// How hivectl ends. Scripts branch on these, so they never change. From 64 on they are those of sysexits.h.
enum class exit_status : int {
  done = 0,         ///< done, or the verdict is safe or approved
  rejected = 1,     ///< the verdict is regressed or rejected; nothing else ends so
  inconclusive = 2, ///< the measurements do not allow a verdict
  usage = 64,       ///< the command line makes no sense; nothing was tried
  refused = 65,     ///< the input or the request was refused: a bad file, a name in use, a limit
  not_found = 66,   ///< there is no such version, benchmark, record, …
  unreachable = 69, ///< no node answered, or it is not serving now: nothing is known, trying again may help
  file_failed = 74, ///< a file of this machine cannot be read or written
  not_allowed = 77, ///< the node does not allow it: no token, an unknown one, or one of another role
};

/// What a command ends with; an error is printed as one line.
using outcome = caf::expected<exit_status>;

/// An error that ends hivectl with `status`, where no hive::ec says so. `text_of` gives its text back.
caf::error fail_as(exit_status status, std::string text);

/// The same error for what went wrong with files of this machine: what is missing or cannot be used is no thing of a
/// node's.
caf::error of_file(const caf::error& err);

/// What an error of a node, of hivectl itself or of `fail_as` ends with.
exit_status exit_status_of(const caf::error& err);

/// What an answer that gives no reason of its own ends with. `status` is no success.
exit_status exit_status_of_http(int status);

/// The statuses, for the end of --help.
inline constexpr std::string_view exit_status_help =
  "Exit status:\n"
  "  0   done; the verdict is safe or approved\n"
  "  1   the verdict is regressed or rejected\n"
  "  2   inconclusive, held, flagged or aborted: no verdict, or a measurement that failed\n"
  "  64  wrong usage; nothing was tried\n"
  "  65  the input or the request was refused: a bad file, a name in use, a limit\n"
  "  66  no such version, benchmark, session, task type and so on\n"
  "  69  no node answers, or it is not serving now; try again later\n"
  "  74  a file cannot be read or written\n"
  "  77  not allowed: no token, an unknown one, or one whose role does not suffice\n";

} // namespace hive::ctl
