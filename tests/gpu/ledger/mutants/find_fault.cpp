// find_fault NAME TEXT: looks for a violation by the ledger that this program is linked with, which has a planted
// fault. Exit status 0 when one is found that contains TEXT; 1 when another one is; 2 when none is, in as many worlds
// as a failing commit would be tested with.

#include "tests/gpu/ledger/ledger_world.hpp"

#include <iostream>
#include <string_view>

using hive::gpu::testing::ledger_world;
using hive::gpu::testing::weather;

int main(int argc, char** argv) {
  constexpr uint64_t seeds = 40;
  constexpr size_t events = 3'000;
  if (argc != 3)
    return 64;
  std::string_view name = argv[1];
  std::string_view expected = argv[2];
  for (uint64_t seed = 1; seed <= seeds; ++seed)
    for (auto how : {weather::calm, weather::rough}) {
      auto violation = ledger_world{seed, how}.run(events);
      if (violation.empty())
        continue;
      std::cout << name << " is found in the " << (how == weather::calm ? "calm" : "rough") << " world of " << violation
                << "\n";
      bool is_expected = violation.find(expected) != std::string::npos;
      if (!is_expected)
        std::cout << "expected: " << expected << "\n";
      return is_expected ? 0 : 1;
    }
  std::cout << name << " survives " << seeds << " worlds of each weather\n";
  return 2;
}
