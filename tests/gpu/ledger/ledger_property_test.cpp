// What must hold of the ledger after every event, in random worlds. HIVE_SOAK=1 runs 1,000 seeds of 10,000 events.

#include "tests/gpu/ledger/ledger_world.hpp"
#include "tests/support/soak.hpp"

#include <gtest/gtest.h>
#include <iostream>

namespace hive::gpu::testing {
namespace {

struct count {
  uint64_t seeds = 25;
  size_t events = 3'000;
};

count wanted() {
  return is_soak() ? count{1'000, 10'000} : count{};
}

void run_all(weather how) {
  size_t grants = 0;
  size_t promises = 0;
  std::map<wire::LeaseOutcome, size_t> outcomes;
  for (uint64_t seed = 1; seed <= wanted().seeds; ++seed) {
    ledger_world world{seed, how};
    ASSERT_EQ(world.run(wanted().events), "");
    grants += world.grants();
    promises += world.kept_promises();
    for (auto [outcome, number] : world.outcomes())
      outcomes[outcome] += number;
  }
  std::cout << wanted().seeds << " seeds of " << wanted().events << " events: " << grants << " grants, " << promises
            << " promises kept; outcomes:";
  for (auto [outcome, number] : outcomes)
    std::cout << " " << static_cast<int>(outcome) << ":" << number;
  std::cout << "\n";
  EXPECT_GT(grants, 1'000u);
  EXPECT_GT(promises, 100u);
}

TEST(ledger_property, every_invariant_holds_and_every_promise_is_kept) {
  run_all(weather::calm);
}

TEST(ledger_property, every_invariant_holds_while_devices_fail_and_the_node_crashes) {
  run_all(weather::rough);
}

} // namespace
} // namespace hive::gpu::testing
