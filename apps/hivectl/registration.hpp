#pragma once

#include <caf/expected.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace hive::ctl {

/// A command and the directory in which it runs; empty: the node's.
struct placed_command {
  std::vector<std::string> command; ///< not empty
  std::string workdir;
};

/// Whether a node's URL names the loopback, so that paths here are paths there.
bool is_on_this_machine(std::string_view url);

/// Makes paths absolute as a shell user means them, since the node has another working directory. On this machine the
/// command runs in `here` unless it says where; a relative working directory starts at `here`, and a program with a "/"
/// in its name at the working directory. A program without one is found on the node's PATH. For another machine only
/// what starts at a given working directory can be told; anything else that is relative fails with exit_status::usage.
/// So it does when `here` is needed and empty, which means not known.
caf::expected<placed_command> locate(placed_command given, const std::string& here, bool on_this_machine);

} // namespace hive::ctl
