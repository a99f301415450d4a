#include "gpu/ledger/placement.hpp"

#include "tests/gpu/ledger/ledger_fixture.hpp"

namespace hive::gpu::testing {
namespace {

class placement_of_leases : public ledger_fixture {};

TEST_F(placement_of_leases, a_shared_lease_goes_where_the_least_is_left) {
  add_device("A");
  add_device("B");
  hold(part("on A", 2'000));
  hold(part("on A too", 7'000)); // best fit again
  ASSERT_EQ(account("A").leased(), 9'000u);
  auto small = hold(part("small", 1'000));
  EXPECT_EQ(where(small), "A");
  EXPECT_EQ(where(hold(part("next", 1'000))), "B");
}

TEST_F(placement_of_leases, an_exclusive_lease_has_the_whole_of_the_smallest_device_that_suffices) {
  add_device("A", 0, 20'000);
  add_device("B", 0, 9'000);
  add_device("C", 0, 7'000);
  auto id = hold(whole("h")); // 8,000 MiB
  EXPECT_EQ(where(id), "B");
  EXPECT_EQ(at(id).devices[0].charge, 9'000u);
  EXPECT_EQ(account("B").free(), 0u);
}

TEST_F(placement_of_leases, a_device_is_exclusive_or_shared) {
  add_device("A");
  auto small = hold(part("small", 1'000));
  auto exclusive = ask(whole("exclusive"));
  EXPECT_TRUE(is_waiting(exclusive));
  finish(small);
  EXPECT_TRUE(is_granted(exclusive));
  EXPECT_TRUE(is_waiting(ask(part("another", 1'000))));
}

TEST_F(placement_of_leases, memory_of_others_and_of_the_driver_is_not_leased) {
  add_device("A").reserved = 500;
  device("A").used = device("A").foreign = 2'000;
  EXPECT_TRUE(is_waiting(ask(part("h", 7'501))));
  EXPECT_TRUE(is_granted(ask(part("h", 7'500))));
  EXPECT_EQ(refused(part("h", 9'501)), "unsupported: 9501 MiB are more than any device of this node has: 9500 MiB");
}

TEST_F(placement_of_leases, what_an_idle_driver_uses_is_not_offered) {
  add_device("A").used = 20; // of no process
  EXPECT_EQ(refused(part("h", 9'990)), "unsupported: 9990 MiB are more than any device of this node has: 9980 MiB");
  EXPECT_TRUE(is_granted(ask(part("h", 9'980))));
}

TEST_F(placement_of_leases, a_gang_is_on_one_island) {
  add_device("A", 0);
  add_device("B", 1);
  add_device("C", 1);
  auto gang = hold(whole("gang", 1h, 2));
  EXPECT_EQ(where(gang), "B C");
  EXPECT_EQ(refused(whole("larger", 1h, 3)), "unsupported: 3 devices of 8000 MiB are more than this node has");
}

TEST_F(placement_of_leases, a_single_device_is_taken_from_the_fullest_island) {
  for (auto [uuid, island] : {std::pair{"A", 0u}, {"B", 0u}, {"C", 1u}, {"D", 1u}})
    add_device(uuid, island);
  hold(whole("on A"));
  EXPECT_EQ(where(hold(whole("second"))), "B") << "island 1 stays free for gangs";
  EXPECT_EQ(where(hold(whole("gang", 1h, 2))), "C D");
}

TEST_F(placement_of_leases, a_gang_goes_to_the_fullest_island_that_has_room) {
  for (auto [uuid, island] : {std::pair{"A", 0u}, {"B", 0u}, {"C", 0u}, {"D", 1u}, {"E", 1u}})
    add_device(uuid, island);
  EXPECT_EQ(where(hold(whole("gang", 1h, 2))), "D E");
}

TEST_F(placement_of_leases, the_promise_to_a_gang_is_that_of_the_island_that_is_free_first) {
  for (auto [uuid, island] : {std::pair{"A", 0u}, {"B", 0u}, {"C", 1u}, {"D", 1u}})
    add_device(uuid, island);
  hold(whole("on A and B", 3h, 2));
  hold(whole("on C", 2h));
  hold(whole("on D", 1h));
  EXPECT_EQ(promised_in(ask(whole("gang", 1h, 2))), 2h + to_free());
}

TEST_F(placement_of_leases, devices_beyond_the_bound_are_left_alone) {
  for (size_t i = 0; i < max_devices + 10; ++i)
    add_device("GPU-" + std::to_string(i), 0, i < max_devices ? 10'000 : 20'000);
  EXPECT_EQ(what().devices().size(), max_devices);
  EXPECT_EQ(refused(part("h", 20'000)), "unsupported: 20000 MiB are more than any device of this node has: 10000 MiB");
}

TEST_F(placement_of_leases, leases_that_a_device_can_have_at_most_are_part_of_the_promise) {
  add_device("A");
  for (int i = 0; i < 512; ++i)
    hold(part("small", 1, 1h));
  auto head = ask(part("head", 1));
  EXPECT_TRUE(is_waiting(head));
  EXPECT_EQ(promised_in(head), 1h + to_free());
}

} // namespace
} // namespace hive::gpu::testing
