#include "storage/columns.hpp"

#include "storage/database.hpp"
#include "storage/directory.hpp"
#include "storage/schema.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<known_column> known{{"meta", 1}, {"tasks", 1}, {"audit", 3}};

caf::expected<std::vector<std::string>> to_add(uint32_t schema, const std::vector<std::string>& found) {
  return columns_to_add("/data/store", schema, found, known);
}

TEST(columns, an_older_store_may_lack_those_that_came_later) {
  auto missing = to_add(2, {"default", "meta", "tasks"});
  ASSERT_TRUE(missing) << text_of(missing.error());
  EXPECT_THAT(*missing, ElementsAre("audit"));
  // Its start was cut short after they were created.
  missing = to_add(2, {"default", "audit", "meta", "tasks"});
  ASSERT_TRUE(missing);
  EXPECT_THAT(*missing, IsEmpty());
}

TEST(columns, one_that_the_store_had_is_damage) {
  for (auto schema : {1U, 2U, 3U}) {
    auto missing = to_add(schema, {"default", "meta", "audit"});
    ASSERT_FALSE(missing);
    EXPECT_EQ(code_of(missing.error()), ec::corrupt);
    EXPECT_THAT(text_of(missing.error()), HasSubstr("/data/store lacks its records of kind tasks"));
  }
  EXPECT_EQ(code_of(to_add(3, {"default", "meta", "tasks"}).error()), ec::corrupt);
}

TEST(columns, one_that_nobody_knows_is_of_a_later_version) {
  auto missing = to_add(3, {"default", "meta", "tasks", "audit", "ledger", "notes"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(code_of(missing.error()), ec::unsupported);
  EXPECT_THAT(text_of(missing.error()), HasSubstr("does not know (ledger, notes)"));
}

TEST(columns, all_that_are_known_came_with_a_version_until_this_one) {
  for (const auto& each : known_columns()) {
    EXPECT_FALSE(each.name.empty());
    EXPECT_GE(each.since, 1U) << each.name;
    EXPECT_LE(each.since, store_schema_version) << each.name;
  }
}

/// Opens a store by RocksDB alone.
class raw_store {
public:
  explicit raw_store(const std::filesystem::path& path) {
    rocksdb::DB* opened = nullptr;
    auto status = rocksdb::DB::Open({}, path.string(), column_descriptors({}), &families_, &opened);
    if (!status.ok())
      throw std::runtime_error(status.ToString());
    db_.reset(opened);
  }

  raw_store(const raw_store&) = delete;
  raw_store& operator=(const raw_store&) = delete;

  ~raw_store() {
    for (auto* family : families_)
      db_->DestroyColumnFamilyHandle(family);
  }

  void drop(column where) {
    ASSERT_TRUE(db_->DropColumnFamily(families_[1 + static_cast<size_t>(where)]).ok());
  }

  void create(const std::string& name) {
    rocksdb::ColumnFamilyHandle* made = nullptr;
    ASSERT_TRUE(db_->CreateColumnFamily({}, name, &made).ok());
    families_.push_back(made);
  }

private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

/// A store with a record, and its path.
std::filesystem::path make_store(const temporary_directory& dir) {
  auto db = database::open({.directory = dir.path()});
  write_set writes;
  writes.put(column::tasks, "key", "value");
  EXPECT_TRUE(db && !(*db)->write(writes));
  return store_path(dir.path());
}

TEST(columns, are_read_from_a_real_store) {
  temporary_directory dir;
  auto store = make_store(dir);
  auto missing = columns_to_add(store, store_schema_version);
  ASSERT_TRUE(missing) << text_of(missing.error());
  EXPECT_THAT(*missing, IsEmpty());
  raw_store{store}.create("ledger");
  missing = columns_to_add(store, store_schema_version);
  ASSERT_FALSE(missing);
  EXPECT_EQ(code_of(missing.error()), ec::unsupported);
  EXPECT_THAT(text_of(missing.error()), HasSubstr(store.string()));
  EXPECT_THAT(text_of(missing.error()), HasSubstr("(ledger)"));
}

TEST(columns, of_which_one_is_lost_keep_the_store_closed) {
  temporary_directory dir;
  raw_store{make_store(dir)}.drop(column::leases);
  // The mark does not fit either; so that the columns are looked at:
  auto db = database::open({.directory = dir.path(), .accept_losses = true});
  ASSERT_FALSE(db);
  EXPECT_EQ(code_of(db.error()), ec::corrupt);
  EXPECT_THAT(text_of(db.error()), HasSubstr("lacks its records of kind leases"));
}

} // namespace
} // namespace hive
