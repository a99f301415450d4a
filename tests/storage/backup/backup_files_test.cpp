#include "storage/backup/backup_files.hpp"

#include <gmock/gmock.h>
#include <set>

namespace hive {
namespace {

TEST(backup_files, samples_get_round) {
  std::vector<backup_file> files;
  for (char name = 'a'; name < 'k'; ++name)
    files.push_back({std::string(1, name), 10, {}, "x"});
  std::string cursor;
  std::multiset<std::string> read;
  for (int i = 0; i < 5; ++i) {
    auto sample = choose_sample(files, cursor, 20);
    ASSERT_EQ(sample.size(), 2U);
    for (const auto& file : sample)
      read.insert(file.path);
    cursor = sample.back().path;
  }
  EXPECT_EQ(read.size(), 10U);
  EXPECT_EQ(std::set<std::string>(read.begin(), read.end()).size(), 10U);
}

TEST(backup_files, a_sample_is_never_more_than_all) {
  EXPECT_TRUE(choose_sample({}, "m", 100).empty());
  EXPECT_EQ(choose_sample({{"a", 1, {}, "x"}, {"b", 1, {}, "x"}}, "gone", 100).size(), 2U);
}

TEST(backup_files, tables_have_the_names_that_the_store_gave_them) {
  EXPECT_EQ(table_name("engine/shared_checksum/000012_sABC_1234.sst"), "000012.sst");
}

} // namespace
} // namespace hive
