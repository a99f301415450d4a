#include "apps/hivectl/table.hpp"

#include <clocale>
#include <gtest/gtest.h>

namespace hive::ctl {
namespace {

table names_and_numbers() {
  return table{{text_column("NAME"), number_column("VALUE"), text_column("UNIT")}};
}

TEST(table, aligns_text_left_and_numbers_right) {
  auto rows = names_and_numbers();
  rows.add_row({"latency", "12.5", "ms"});
  rows.add_row({"p", "1000", "tok/s"});
  EXPECT_EQ(rows.render(charset::ascii), "NAME     VALUE  UNIT\n"
                                         "-------  -----  -----\n"
                                         "latency   12.5  ms\n"
                                         "p         1000  tok/s\n");
}

TEST(table, draws_its_line_with_unicode_only_where_that_is_shown) {
  auto rows = table{{text_column("A")}};
  rows.add_row({"µ"});
  EXPECT_EQ(rows.render(charset::utf8), "A\n─\nµ\n");
  EXPECT_EQ(rows.render(charset::ascii), "A\n-\n?\n");
}

TEST(table, shows_an_empty_cell_so_that_columns_stay_countable) {
  auto rows = names_and_numbers();
  rows.add_row({"a", "", ""});
  EXPECT_EQ(rows.render(charset::ascii), "NAME  VALUE  UNIT\n"
                                         "----  -----  ----\n"
                                         "a         -  -\n");
}

TEST(table, keeps_one_row_on_one_line) {
  auto rows = table{{text_column("A"), text_column("B")}};
  rows.add_row({"x\ny", "\x1b[31mred"});
  EXPECT_EQ(rows.render(charset::ascii), "A     B\n"
                                         "----  -----------\n"
                                         "x\\ny  \\x1b[31mred\n");
}

TEST(table, cuts_a_cell_that_would_push_the_others_away) {
  auto rows = table{{text_column("A"), text_column("B")}};
  rows.add_row({std::string(5000, 'x'), "end"});
  auto text = rows.render(charset::ascii);
  auto last = text.substr(text.rfind('\n', text.size() - 2) + 1);
  EXPECT_EQ(last, std::string(table::max_cell_columns - 3, 'x') + "...  end\n");
}

TEST(table, keeps_the_last_cell_whole_under_a_line_that_fits_the_screen) {
  auto rows = table{{text_column("A"), text_column("REASON")}};
  rows.add_row({"x", std::string(5000, 'y') + " because"});
  rows.add_row({"z", "short"});
  EXPECT_EQ(rows.render(charset::ascii), "A  REASON\n-  " + std::string(table::max_cell_columns, '-') + "\nx  " +
                                           std::string(5000, 'y') + " because\nz  short\n");
}

TEST(table, without_rows_is_empty) {
  auto rows = names_and_numbers();
  EXPECT_TRUE(rows.empty());
  rows.add_row({"a", "b", "c"});
  EXPECT_FALSE(rows.empty());
}

} // namespace
} // namespace hive::ctl
