#include "storage/epoch.hpp"

#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

class epoch_test : public testing::Test {
protected:
  uint64_t start() {
    return begin_epoch(*db_, 1)->epoch;
  }

  /// Stores an epoch of at least `wanted` and returns it.
  uint64_t change_to(uint64_t wanted) {
    auto change = epoch_write(*db_, wanted);
    EXPECT_FALSE(db_->write(change->writes));
    return change->epoch;
  }

  temporary_directory temp_;
  std::shared_ptr<database> db_ = std::move(*database::open({.directory = temp_.path()}));
};

TEST_F(epoch_test, each_start_has_a_later_epoch_and_the_same_id) {
  auto first = begin_epoch(*db_, 1), second = begin_epoch(*db_, 2);
  EXPECT_EQ(first->epoch, 1U);
  EXPECT_EQ(second->epoch, 2U);
  EXPECT_EQ(first->id, second->id);
}

TEST_F(epoch_test, an_epoch_is_raised_and_never_lowered) {
  EXPECT_FALSE(epoch_write(*db_, 5)) << "there is no identity yet";
  start();
  EXPECT_EQ(change_to(9), 9U);
  EXPECT_EQ(change_to(2), 10U) << "whoever raised it meanwhile, this one is later";
  EXPECT_EQ(start(), 11U);
}

} // namespace
} // namespace hive
