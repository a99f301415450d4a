#include "tests/apps/support/hivectl.hpp"
#include "tests/paths.hpp"

namespace hive::test {

program hivectl_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), HIVECTL_FILE);
  program out;
  out.command = std::move(arguments);
  out.environment = {"LC_ALL=C.UTF-8"};
  return out;
}

program_result hivectl(std::vector<std::string> arguments) {
  return run_program(hivectl_program(std::move(arguments)));
}

program_result hivectl(const std::string& url, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--url", url});
  return hivectl(std::move(arguments));
}

program_result hivectl(const running_node& node, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--url", node.url()});
  auto what = hivectl_program(std::move(arguments));
  what.environment.push_back("HIVE_DATA=" + node.data().string());
  return run_program(what);
}

} // namespace hive::test
