#pragma once

#include "messages/json.hpp"
#include "tests/apps/support/run_program.hpp"
#include "tests/apps/support/running_node.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace hive::test {

/// The real hivectl with this command line, in a UTF-8 locale and with an otherwise empty environment.
program hivectl_program(std::vector<std::string> arguments);

/// Runs hivectl against the node at `url`.
program_result hivectl(const std::string& url, std::vector<std::string> arguments);

/// Runs hivectl against this node, whose operator token it finds by itself.
program_result hivectl(const running_node& node, std::vector<std::string> arguments);

/// Runs hivectl without a node's URL.
program_result hivectl(std::vector<std::string> arguments);

/// A message from its JSON, as hivectl prints it.
template <class T>
msg<T> parse(const std::string& json) {
  auto message = from_json<T>(json);
  if (!message)
    throw std::runtime_error{text_of(message.error()) + " in " + json};
  return *message;
}

} // namespace hive::test
