// find_fault NAME TEXT: looks for a violation by the gate's core that this program is linked with, which has a planted
// fault. Exit status 0 when one is found that contains TEXT, and prints after how many seeds; 2 when none is. Other
// violations by the same fault are passed over.

#include "tests/actors/upgrade/gate/gate_world.hpp"

#include <iostream>
#include <string_view>

using hive::gate::testing::gate_world;
using hive::gate::testing::weather;
using hive::gate::testing::weathers;

int main(int argc, char** argv) {
  constexpr uint64_t seeds = 2'000;
  constexpr size_t steps = 3'000;
  if (argc != 3)
    return 64;
  std::string_view name = argv[1];
  std::string_view expected = argv[2];
  uint64_t others = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed)
    for (int how = 0; how < weathers; ++how) {
      auto violation = gate_world{seed, static_cast<weather>(how)}.run(steps);
      if (violation.empty())
        continue;
      if (violation.find(expected) != std::string::npos) {
        std::cout << name << " is found after " << (seed - 1) * weathers + static_cast<uint64_t>(how) + 1 << " worlds ("
                  << others << " with another violation): " << violation << "\n";
        return 0;
      }
      ++others;
    }
  std::cout << name << " survives " << seeds * weathers << " worlds; " << others << " have another violation than "
            << expected << "\n";
  return 2;
}
