#pragma once

#include "apps/hivectl/text.hpp"

#include <string>
#include <vector>

namespace hive::ctl {

/// Rows under titles in aligned columns, for people and for awk: two spaces between columns, no frames, no trailing
/// spaces, "-" for empty cells.
class table {
public:
  enum class align { left, right };

  struct column {
    std::string title;
    align side = align::left;
  };

  /// Wider cells are truncated, so that later columns stay on the screen; --json shows all. Cells of the last column
  /// are kept whole, but the rule under its title is no wider.
  static constexpr size_t max_cell_columns = 160;

  explicit table(std::vector<column> columns);

  /// `cells` holds one raw text per column; rendering makes it printable.
  void add_row(std::vector<std::string> cells);

  bool empty() const {
    return rows_.empty();
  }

  /// Titles, a rule, and rows; each line ends in a newline.
  std::string render(charset set) const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Factories for text and number columns.
inline table::column text_column(std::string title) {
  return {std::move(title), table::align::left};
}

inline table::column number_column(std::string title) {
  return {std::move(title), table::align::right};
}

} // namespace hive::ctl
