#include "actors/benchmark/captures_in_work.hpp"

#include "messages/ec.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

using kind = captures_in_work::kind;

TEST(captures_in_work, one_thing_is_done_with_a_version_at_a_time) {
  for (auto first : {kind::capture, kind::import, kind::deletion})
    for (auto second : {kind::capture, kind::import, kind::deletion}) {
      captures_in_work work{4};
      EXPECT_FALSE(work.reserve("v1", first, capture_id{1}));
      EXPECT_EQ(code_of(work.reserve("v1", second, capture_id{2})), ec::busy);
      EXPECT_FALSE(work.reserve("v2", second, capture_id{2}));
      work.release("v1");
      EXPECT_FALSE(work.reserve("v1", second, capture_id{3}));
    }
}

TEST(captures_in_work, the_running_capture_is_known_by_its_number) {
  captures_in_work work{4};
  EXPECT_EQ(work.running("v1"), capture_id{});
  EXPECT_FALSE(work.reserve("v1", kind::capture, capture_id{7}));
  EXPECT_FALSE(work.reserve("v2", kind::import, capture_id{8}));
  EXPECT_EQ(work.running("v1"), capture_id{7});
  EXPECT_EQ(work.running("v2"), capture_id{}) << "an import is no capture";
  work.release("v1");
  EXPECT_EQ(work.running("v1"), capture_id{});
}

TEST(captures_in_work, too_many_are_refused_but_no_deletion) {
  captures_in_work work{2};
  EXPECT_FALSE(work.reserve("v1", kind::capture, capture_id{1}));
  EXPECT_FALSE(work.reserve("v2", kind::capture, capture_id{2}));
  EXPECT_EQ(code_of(work.reserve("v3", kind::import, capture_id{3})), ec::overloaded);
  EXPECT_FALSE(work.reserve("v3", kind::deletion));
}

} // namespace
} // namespace hive
