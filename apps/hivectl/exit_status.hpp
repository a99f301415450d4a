#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <string_view>

namespace hive::ctl {

/// How hivectl ends. Scripts branch on these, so they never change.
enum class exit_status : int {
  done = 0,           ///< done, or the verdict is safe
  rejected = 1,       ///< the verdict is regressed or rejected, or what was asked for was refused or failed
  inconclusive = 2,   ///< the measurements do not allow a verdict
  usage = 64,         ///< the command line makes no sense; nothing was tried
  refused_input = 65, ///< a file was read, but what it holds cannot be used
  unreachable = 69,   ///< no node answered, or it is not serving now: nothing is known, trying again may help
  file_failed = 74,   ///< a file cannot be read or written
};

/// What a command ends with; an error is printed as one line.
using outcome = caf::expected<exit_status>;

/// ec::unavailable and ec::overloaded → unreachable, everything else → rejected.
exit_status exit_status_of(const caf::error& err);

/// The statuses, for the end of --help.
inline constexpr std::string_view exit_status_help =
  "Exit status:\n"
  "  0   done, or the verdict is safe\n"
  "  1   the verdict is regressed or rejected; or the node refused (an unknown version, a name in use, a missing\n"
  "      right), or a file or an answer could not be used\n"
  "  2   the verdict is inconclusive\n"
  "  64  wrong usage; nothing was tried\n"
  "  65  benchmark check: the file holds no results that can be read\n"
  "  69  the node cannot be reached, or is not serving now; try again later\n"
  "  74  benchmark check: the file cannot be read\n";

} // namespace hive::ctl
