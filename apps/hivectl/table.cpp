#include "apps/hivectl/table.hpp"

#include <algorithm>
#include <cassert>

namespace hive::ctl {
namespace {

using row = std::vector<std::string>;

row render_cells(const row& cells, charset set) {
  row out;
  for (const auto& cell : cells)
    out.push_back(cell.empty() ? "-" : printable(cell, set));
  for (size_t i = 0; i + 1 < out.size(); ++i)
    out[i] = cut_to_columns(out[i], table::max_cell_columns, set);
  return out;
}

std::string repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

std::string pad(const std::string& cell, size_t width, table::align side) {
  std::string space(width - std::min(width, columns_of(cell)), ' ');
  return side == table::align::left ? cell + space : space + cell;
}

} // namespace

table::table(std::vector<column> columns) : columns_{std::move(columns)} {
}

void table::add_row(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::string table::render(charset set) const {
  std::vector<row> lines(1);
  for (const auto& column : columns_)
    lines.front().push_back(column.title);
  for (const auto& cells : rows_)
    lines.push_back(render_cells(cells, set));

  std::vector<size_t> widths(columns_.size());
  for (const auto& line : lines)
    for (size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], std::min(columns_of(line[i]), max_cell_columns));

  row rule;
  for (auto width : widths)
    rule.push_back(repeat(set == charset::utf8 ? "─" : "-", width));
  lines.insert(lines.begin() + 1, std::move(rule));

  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (size_t i = 0; i < widths.size(); ++i)
      text.append(i == 0 ? "" : "  ").append(pad(line[i], widths[i], columns_[i].side));
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
  return out;
}

} // namespace hive::ctl
