#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace hive {

struct manual_page {
  std::string name; ///< without the section, such as "hivectl-snapshot"
  std::string text; ///< troff with the man macros
};

/// What the command line does not tell about itself.
struct manual_about {
  int section = 1;
  std::string product; ///< such as "Hivemark 1.0.0"
  std::vector<std::pair<std::string, int>> see_also;
};

/// The page of a program, and one of each group of its commands. A page has the date of SOURCE_DATE_EPOCH, or of today.
std::vector<manual_page> manual_pages(const CLI::App& program, const manual_about& about);

} // namespace hive
