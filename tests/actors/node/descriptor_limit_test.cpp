#include "actors/node/descriptor_limit.hpp"

#include "actors/http/bounds.hpp"
#include "messages/ec.hpp"
#include "storage/open_files.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::HasSubstr;

TEST(descriptor_limit, few_descriptors_are_shared_out_and_never_more_than_there_are) {
  for (uint64_t limit = reserved_descriptors + defaults::min_connections; limit < 5'000; ++limit) {
    auto budget = share_descriptors(limit, defaults::max_connections);
    ASSERT_TRUE(budget) << limit;
    EXPECT_GE(budget->connections, defaults::min_connections) << limit;
    EXPECT_LE(budget->connections, defaults::max_connections) << limit;
    EXPECT_LE(budget->connections + open_files_of_store(limit) - min_open_files + reserved_descriptors, limit);
  }
}

TEST(descriptor_limit, the_usual_limits_leave_room_for_all_connections) {
  auto budget = share_descriptors(4'096, defaults::max_connections);
  EXPECT_EQ(budget->connections, defaults::max_connections);
  EXPECT_EQ(open_files_of_store(4'096), max_open_files);
  EXPECT_EQ(share_descriptors(UINT64_MAX, 100)->connections, 100u);
}

TEST(descriptor_limit, too_few_are_refused_with_what_to_do) {
  auto budget = share_descriptors(32, defaults::max_connections);
  ASSERT_FALSE(budget);
  EXPECT_EQ(code_of(budget.error()), ec::unavailable);
  EXPECT_THAT(text_of(budget.error()), HasSubstr("ulimit -n"));
  EXPECT_THAT(text_of(budget.error()), HasSubstr("32"));
}

} // namespace
} // namespace hive
