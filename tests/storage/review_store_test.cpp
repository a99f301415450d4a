#include "storage/review_store.hpp"

#include "messages/text.hpp"
#include "storage/directory.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class review_store_test : public ::testing::Test {
protected:
  review_store_test() {
    auto opened = database::open({.directory = temp.path()});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db = std::move(*opened);
  }

  static msg<wire::Review> review(uint64_t number) {
    return msg<wire::Review>::build([&](wire::Review::Builder out) { out.setId(review_id({number})); });
  }

  static msg<wire::BaseRuns> base(const std::string& key, int64_t measured_at) {
    return msg<wire::BaseRuns>::build([&](wire::BaseRuns::Builder out) {
      out.setKey(key);
      out.setMeasuredAt(measured_at);
    });
  }

  std::vector<std::string> ids(review_number before) const {
    std::vector<std::string> out;
    auto error = review_store{*db}.visit(before, [&](const msg<wire::Review>& found) {
      out.emplace_back(as_view(found->getId()));
      return database::scan::next;
    });
    EXPECT_FALSE(error) << text_of(error);
    return out;
  }

  temporary_directory temp;
  std::unique_ptr<database> db;
};

TEST_F(review_store_test, visits_from_the_newest_to_the_oldest_by_number) {
  write_set writes;
  for (uint64_t number : {1, 2, 9, 10, 11, 300})
    review_store::put(writes, review(number));
  review_store::put_base(writes, base("k", 1));
  writes.put(column::inputs, keys::research("s"), "no review");
  ASSERT_FALSE(db->write(writes));
  EXPECT_THAT(ids({}), ElementsAre("r300", "r11", "r10", "r9", "r2", "r1"));
  EXPECT_THAT(ids({10}), ElementsAre("r9", "r2", "r1"));
  EXPECT_THAT(ids({5}), ElementsAre("r2", "r1"));
  EXPECT_THAT(ids({1}), IsEmpty());
  auto found = review_store{*db}.find({11});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(as_view((**found)->getId()), "r11");
  EXPECT_FALSE(review_store{*db}.find({12})->has_value());
}

TEST_F(review_store_test, takes_only_ids_that_it_gives) {
  EXPECT_EQ(number_of_review("r12"), review_number{12});
  for (const auto* id : {"", "r", "12", "r012", "r-1", "r1x", "R1", "r99999999999999999999"})
    EXPECT_FALSE(number_of_review(id)) << id;
}

TEST_F(review_store_test, lists_bases_from_the_oldest_measurement) {
  write_set writes;
  review_store::put_base(writes, base("a", 30));
  review_store::put_base(writes, base("b", 10));
  review_store::put_base(writes, base("c", 20));
  ASSERT_FALSE(db->write(writes));
  EXPECT_THAT(*review_store{*db}.base_keys(), ElementsAre("b", "c", "a"));
  write_set more;
  review_store::erase_base(more, "b");
  ASSERT_FALSE(db->write(more));
  EXPECT_THAT(*review_store{*db}.base_keys(), ElementsAre("c", "a"));
  EXPECT_TRUE(review_store{*db}.find_base("a")->has_value());
  EXPECT_FALSE(review_store{*db}.find_base("b")->has_value());
}

TEST_F(review_store_test, says_that_a_review_is_damaged) {
  write_set writes;
  writes.put(column::inputs, keys::review(1), "no review");
  ASSERT_FALSE(db->write(writes));
  EXPECT_EQ(code_of(review_store{*db}.find({1}).error()), ec::corrupt);
  EXPECT_EQ(code_of(review_store{*db}.visit({}, [](const auto&) { return database::scan::next; })), ec::corrupt);
}

TEST(checkouts_path, may_hold_what_not_even_the_owner_can_read) {
  temporary_directory temp;
  ASSERT_TRUE(database::open({.directory = temp.path()}));
  put_file(checkouts_path(temp.path()) / "r1-1/locked/file", "x");
  ::chmod((checkouts_path(temp.path()) / "r1-1/locked").c_str(), 0);
  auto again = database::open({.directory = temp.path()});
  EXPECT_TRUE(again) << text_of(again.error());
  struct stat status {};
  ASSERT_EQ(::stat(checkouts_path(temp.path()).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 077, 0u) << "nobody else reaches the checkouts";
  ::chmod((checkouts_path(temp.path()) / "r1-1/locked").c_str(), 0700);
}

} // namespace
} // namespace hive
