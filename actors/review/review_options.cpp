#include "actors/review/review_options.hpp"

#include "messages/ec.hpp"

#include <algorithm>

namespace hive {

bool is_inner_path(const std::string& path) {
  if (path.empty() || path.find('\0') != std::string::npos)
    return false;
  for (size_t begin = 0; begin <= path.size();) {
    auto end = std::min(path.find('/', begin), path.size());
    auto part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..")
      return false;
    begin = end + 1;
  }
  return true;
}

caf::error review_options::validate() const {
  for (const auto* command : {&tests, &lint, &guardian})
    if (!command->empty() && command->front().empty())
      return fail(ec::invalid, std::string{command == &tests  ? "tests"
                                           : command == &lint ? "lint"
                                                              : "guardian"} +
                                 " has an empty program");
  if (timeout.count() <= 0 || timeout > defaults::max_process_timeout)
    return fail(ec::invalid, "timeout_s is not within 0 to 24 hours");
  if (!results_file.empty() && !is_inner_path(results_file))
    return fail(ec::invalid, "results_file must be a path in the checkout, without '..'");
  if (!results_file.empty() && !is_file_format(format))
    return fail(ec::invalid, "results_file can only be of format junit, tap or go");
  if (tests.empty() && !results_file.empty())
    return fail(ec::invalid, "results_file needs tests; the default ones have a results file of their own");
  for (const auto& path : read_only)
    if (!path.is_absolute() || path.lexically_normal() != path)
      return fail(ec::invalid, "read_only has the path " + path.string() + ", which is not absolute and plain");
  if (!manifest.empty() && !is_inner_path(manifest))
    return fail(ec::invalid, "manifest must be a path in the repository, without '..'");
  if (manifest.empty() != public_key.empty())
    return fail(ec::invalid, std::string{manifest.empty() ? "public_key needs manifest" : "manifest needs public_key"});
  if (!prompts.empty() && !is_inner_path(prompts))
    return fail(ec::invalid, "prompts must be a path in the repository, without '..'");
  return caf::none;
}

} // namespace hive
