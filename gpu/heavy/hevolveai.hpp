#pragma once

#include "gpu/heavy/command_line.hpp"
#include "gpu/heavy/result.hpp"

#include <caf/expected.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace hive::heavy {

/// How the sibling Python package hevolveai is used. It is preferred over the own benchmark when it can be imported.
struct package_options {
  std::string python = "python3"; ///< program that imports the package; without '/' searched in PATH
  bool own = false;               ///< never use the package

  void add_to(command_line& options);
};

/// Runs `script` in Python, if the package can be found. The script adds to `metrics`, a dictionary of
/// {"value", "direction", "unit"}, and takes numbers from results with number(value, name); its arguments are in
/// sys.argv[1:]. What it prints goes to standard error. Nothing when Python or the package is missing. A package that
/// raises or gives no number is ec::process_failed, with the last line that Python printed; ec::unavailable on a stop.
caf::expected<std::optional<result>> measure_with_package(const package_options& options, const std::string& script,
                                                          const std::vector<std::string>& arguments,
                                                          const std::stop_token& stop);

} // namespace hive::heavy
