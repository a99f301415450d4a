#pragma once

#include "tests/apps/support/run_program.hpp"
#include "tests/apps/support/running_node.hpp"

#include <string>
#include <vector>

namespace hive::test {

/// The real hivectl in a UTF-8 locale with this command line and nothing else in its environment.
program hivectl_program(std::vector<std::string> arguments);

/// Runs it against the node at `url`.
program_result hivectl(const std::string& url, std::vector<std::string> arguments);

/// Runs it against this node, whose operator token it finds by itself.
program_result hivectl(const running_node& node, std::vector<std::string> arguments);

/// Runs it without a node's URL.
program_result hivectl(std::vector<std::string> arguments);

} // namespace hive::test
