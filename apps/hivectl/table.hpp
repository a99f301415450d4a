#pragma once

#include "apps/hivectl/text.hpp"

#include <string>
#include <vector>

namespace hive::ctl {

/// Rows under titles, aligned in columns for people and for awk alike: two spaces between columns, no frames, no
/// trailing spaces, an empty cell as "-".
class table {
public:
  enum class align { left, right };

  struct column {
    std::string title;
    align side = align::left;
  };

  /// A wider cell is cut, since it would push the columns behind it off the screen; --json shows all of it. One of the
  /// last column pushes nothing away and is kept whole, under a line of this width.
  static constexpr size_t max_cell_columns = 160;

  explicit table(std::vector<column> columns);

  /// `cells` holds one text per column, as it came; rendering makes it printable.
  void add_row(std::vector<std::string> cells);

  bool empty() const {
    return rows_.empty();
  }

  /// The titles, a line under them, the rows; every line ends in a line break.
  std::string render(charset set) const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// A column of text and one of numbers.
inline table::column text_column(std::string title) {
  return {std::move(title), table::align::left};
}

inline table::column number_column(std::string title) {
  return {std::move(title), table::align::right};
}

} // namespace hive::ctl
