#include "messages/packed.hpp"

#include "messages/node.capnp.h"
#include "messages/tracker.capnp.h"
#include "tests/messages/random_message.hpp"
#include "tests/support/seed.hpp"

namespace hive {
namespace {

TEST(packed, messages_come_back_as_they_were) {
  HIVE_RANDOM_SEED(seed);
  random_filler filler{seed};
  for (int round = 0; round < 200; ++round) {
    auto sent = msg<wire::LearningDelta>::build([&](auto out) { filler.fill(out); });
    auto packed = to_packed(sent);
    auto got = from_packed<wire::LearningDelta>(packed);
    ASSERT_TRUE(got) << text_of(got.error());
    EXPECT_TRUE(same_content(capnp::DynamicStruct::Reader{*sent}, capnp::DynamicStruct::Reader{**got}));
    EXPECT_EQ(to_packed(*got), packed);
  }
}

TEST(packed, damaged_bytes_are_refused_or_hold_all_rules) {
  HIVE_RANDOM_SEED(seed);
  random_filler filler{seed};
  for (int round = 0; round < 2'000; ++round) {
    auto packed = to_packed(msg<wire::LearningDelta>::build([&](auto out) { filler.fill(out); }));
    for (int i = 0; i < 3; ++i)
      packed[filler.random()() % packed.size()] = static_cast<char>(filler.random()());
    if (filler.random()() % 3 == 0)
      packed.resize(filler.random()() % packed.size());
    if (auto got = from_packed<wire::LearningDelta>(packed)) {
      EXPECT_FALSE(check(**got));
    }
  }
}

TEST(packed, no_message_takes_more_than_its_type_allows) {
  // A segment table that claims 2^28 words, all of them zero.
  std::string bomb{"\x40\x10", 2};
  for (int i = 0; i < 10'000; ++i)
    bomb += std::string{"\x00\xff", 2};
  auto got = from_packed<wire::Health>(bomb);
  ASSERT_FALSE(got);
  EXPECT_EQ(code_of(got.error()), ec::malformed);
  EXPECT_FALSE(from_packed<wire::Health>(""));
}

} // namespace
} // namespace hive
