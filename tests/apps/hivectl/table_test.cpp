#include "apps/hivectl/table.hpp"

#include <clocale>
#include <gtest/gtest.h>

namespace hive::ctl {
namespace {

table names_and_numbers() {
  return table{{text_column("NAME"), number_column("VALUE"), text_column("UNIT")}};
}

TEST(Table, AlignsTextLeftAndNumbersRight) {
  auto rows = names_and_numbers();
  rows.add_row({"latency", "12.5", "ms"});
  rows.add_row({"p", "1000", "tok/s"});
  EXPECT_EQ(rows.render(charset::ascii), "NAME     VALUE  UNIT\n"
                                         "-------  -----  -----\n"
                                         "latency   12.5  ms\n"
                                         "p         1000  tok/s\n");
}

TEST(Table, DrawsItsLineWithUnicodeOnlyWhereThatIsShown) {
  auto rows = table{{text_column("A")}};
  rows.add_row({"µ"});
  EXPECT_EQ(rows.render(charset::utf8), "A\n─\nµ\n");
  EXPECT_EQ(rows.render(charset::ascii), "A\n-\n?\n");
}

TEST(Table, ShowsAnEmptyCellSoThatColumnsStayCountable) {
  auto rows = names_and_numbers();
  rows.add_row({"a", "", ""});
  EXPECT_EQ(rows.render(charset::ascii), "NAME  VALUE  UNIT\n"
                                         "----  -----  ----\n"
                                         "a         -  -\n");
}

TEST(Table, KeepsOneRowOnOneLine) {
  auto rows = table{{text_column("A"), text_column("B")}};
  rows.add_row({"x\ny", "\x1b[31mred"});
  EXPECT_EQ(rows.render(charset::ascii), "A     B\n"
                                         "----  -----------\n"
                                         "x\\ny  \\x1b[31mred\n");
}

TEST(Table, CutsACellThatWouldPushTheOthersAway) {
  auto rows = table{{text_column("A"), text_column("B")}};
  rows.add_row({std::string(5000, 'x'), "end"});
  auto text = rows.render(charset::ascii);
  auto last = text.substr(text.rfind('\n', text.size() - 2) + 1);
  EXPECT_EQ(last, std::string(table::max_cell_columns - 3, 'x') + "...  end\n");
}

TEST(Table, KeepsTheLastCellWholeUnderALineThatFitsTheScreen) {
  auto rows = table{{text_column("A"), text_column("REASON")}};
  rows.add_row({"x", std::string(5000, 'y') + " because"});
  rows.add_row({"z", "short"});
  EXPECT_EQ(rows.render(charset::ascii), "A  REASON\n-  " + std::string(table::max_cell_columns, '-') + "\nx  " +
                                           std::string(5000, 'y') + " because\nz  short\n");
}

TEST(Table, WithoutRowsIsEmpty) {
  auto rows = names_and_numbers();
  EXPECT_TRUE(rows.empty());
  rows.add_row({"a", "b", "c"});
  EXPECT_FALSE(rows.empty());
}

} // namespace
} // namespace hive::ctl
