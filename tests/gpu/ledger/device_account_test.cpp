#include "gpu/ledger/device_account.hpp"

#include "tests/support/seed.hpp"

#include <gtest/gtest.h>
#include <random>

namespace hive::gpu {
namespace {

using namespace std::chrono_literals;

constexpr instant now{1'000s};

mib sum_of_parts(const device_account& of) {
  return of.reserved() + of.foreign() + of.quarantined() + of.leased() + of.free();
}

sighting seen(mib total, mib reserved, mib used, mib foreign = 0) {
  return {.uuid = "A", .total = total, .reserved = reserved, .used = used, .foreign = foreign};
}

TEST(device_account, parts_come_to_the_whole) {
  device_account device{"A"};
  EXPECT_EQ(sum_of_parts(device), 0u);
  device.observe(seen(10'000, 500, 2'020, 2'000), now);
  EXPECT_EQ(device.reserved(), 500u);
  EXPECT_EQ(device.foreign(), 2'020u) << "with what the driver uses";
  EXPECT_EQ(device.free(), 7'480u);
  device.add({{1}, 3'000}, false);
  device.add({{2}, 4'000}, false);
  EXPECT_EQ(device.leased(), 7'000u);
  EXPECT_EQ(device.free(), 480u);
  device.quarantine({1});
  EXPECT_EQ(device.quarantined(), 3'000u);
  EXPECT_EQ(device.leased(), 4'000u);
  device.remove({2});
  EXPECT_EQ(sum_of_parts(device), 10'000u);
}

TEST(device_account, more_memory_of_others_than_is_left_makes_nothing_negative) {
  device_account device{"A"};
  device.observe(seen(10'000, 500, 0), now);
  device.add({{1}, 9'000, {}, true}, false);
  device.observe(seen(10'000, 500, 9'000, 9'000), now + 1s);
  EXPECT_EQ(device.foreign(), 500u);
  EXPECT_EQ(device.free(), 0u);
  device.observe(seen(10'000, 2'000, 9'000, 9'000), now + 2s);
  EXPECT_EQ(device.reserved(), 1'000u);
  EXPECT_EQ(sum_of_parts(device), 10'000u);
}

TEST(device_account, a_claim_from_the_store_is_counted_before_the_device_is_seen) {
  device_account device{"A"};
  device.add({{1}, 9'000}, true);
  EXPECT_EQ(device.leased(), 9'000u);
  EXPECT_EQ(device.free(), 0u);
  device.observe(seen(8'000, 0, 0), now); // smaller than it was
  EXPECT_EQ(device.free(), 0u);
  EXPECT_EQ(sum_of_parts(device), device.total());
}

TEST(device_account, parts_come_to_the_whole_whatever_happens) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  auto up_to = [&](mib most) { return static_cast<mib>(random()) % (most + 1); };
  device_account device{"A"};
  auto at = now;
  for (uint64_t i = 1; i <= 20'000; ++i) {
    at += 500ms;
    switch (random() % 6) {
    case 0:
      if (device.free() > 0)
        device.add({{i}, 1 + up_to(device.free() - 1), {}, random() % 2 == 0}, false);
      break;
    case 1:
      if (!device.is_idle())
        device.remove(device.claims()[up_to(device.claims().size() - 1)].lease);
      break;
    case 2:
      if (!device.is_idle() && random() % 4 == 0)
        device.quarantine(device.claims()[0].lease);
      break;
    case 3:
      if (random() % 8 == 0)
        device.end_quarantine();
      break;
    default: {
      auto what = seen(10'000, up_to(1'000), 0);
      what.foreign = up_to(3'000);
      what.used = what.foreign + up_to(200);
      for (const auto& each : device.claims())
        if (random() % 2 == 0) {
          what.leased.push_back({each.lease, up_to(each.charge + 500)});
          what.used += what.leased.back().used;
        }
      if (random() % 10 == 0)
        what.state = random() % 2 ? wire::GpuAvailability::LOST : wire::GpuAvailability::UNKNOWN;
      device.observe(what, at);
    }
    }
    ASSERT_EQ(sum_of_parts(device), device.total()) << i;
    ASSERT_LE(device.free(), device.total()) << i;
  }
}

TEST(device_account, drains_to_what_it_was_when_idle_and_not_relative_to_what_was_leased) {
  ledger_options options;
  device_account device{"A"};
  device.observe(seen(40'000, 0, 300), now); // the tolerance is 0.5 % of 40,000 MiB
  device.add({{1}, 8'000}, true);
  auto released = now + 10s;
  for (auto [used, has_drained] :
       {std::pair{8'300u, false}, {2'000u, false}, {501u, false}, {500u, true}, {0u, true}}) {
    auto copy = device;
    copy.observe(seen(40'000, 0, used), released + 1s);
    EXPECT_EQ(copy.has_drained({1}, released, options), has_drained) << used;
  }
  auto copy = device;
  copy.observe(seen(40'000, 0, 300), released);
  EXPECT_FALSE(copy.has_drained({1}, released, options)) << "it may have been seen before";
}

TEST(device_account, does_not_drain_while_a_process_of_the_lease_is_seen) {
  ledger_options options;
  device_account device{"A"};
  device.observe(seen(10'000, 0, 0), now);
  device.add({{1}, 8'000}, true);
  auto what = seen(10'000, 0, 0);
  what.leased = {{{1}, 0}};
  device.observe(what, now + 1s);
  EXPECT_FALSE(device.has_drained({1}, now, options));
  what.leased.clear();
  what.state = wire::GpuAvailability::UNKNOWN;
  device.observe(what, now + 2s);
  EXPECT_FALSE(device.has_drained({1}, now, options));
  what.state = wire::GpuAvailability::OK;
  device.observe(what, now + 3s);
  EXPECT_TRUE(device.has_drained({1}, now, options));
}

} // namespace
} // namespace hive::gpu
