#pragma once

#include <caf/expected.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace hive::ctl {

/// A command and its working directory; an empty directory means the node's.
struct placed_command {
  std::vector<std::string> command; ///< not empty
  std::string workdir;
};

/// Whether the node's URL names the loopback, so that local paths are valid on the node.
bool is_on_this_machine(std::string_view url);

/// Makes the command's paths absolute as a shell user expects, since the node has another working directory. On this
/// machine: the working directory defaults to `here` and, if relative, starts there; a program with a "/" in its name
/// is relative to the working directory; a program without "/" is found on the node's PATH. On another machine,
/// relative paths are valid only below a given absolute working directory, else exit_status::usage. The same error when
/// `here` is needed but empty (unknown).
caf::expected<placed_command> locate(placed_command given, const std::string& here, bool on_this_machine);

} // namespace hive::ctl
