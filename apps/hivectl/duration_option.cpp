#include "apps/hivectl/duration_option.hpp"

#include <map>

namespace hive::ctl {
namespace {

CLI::AsNumberWithUnit seconds_with_unit() {
  return CLI::AsNumberWithUnit{std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3'600}, {"d", 86'400}}};
}

} // namespace

CLI::Option& add_duration_option(CLI::App& command, const std::string& name, double& seconds,
                                 const std::string& description) {
  return *command.add_option(name, seconds, description)->transform(seconds_with_unit())->type_name("TIME");
}

std::optional<double> parse_duration(std::string text) {
  double seconds = 0;
  try {
    if (!seconds_with_unit()(text).empty())
      return std::nullopt;
  } catch (const CLI::ValidationError&) { // how CLI11 reports what is no number
    return std::nullopt;
  }
  return CLI::detail::lexical_cast(text, seconds) && seconds >= 0 ? std::optional{seconds} : std::nullopt;
}

} // namespace hive::ctl
