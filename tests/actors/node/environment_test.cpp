#include "actors/node/environment.hpp"

#include "messages/check.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <set>

namespace hive {
namespace {

msg<wire::Environment> machine(const std::function<void(wire::Environment::Builder)>& change = [](auto) {}) {
  return msg<wire::Environment>::build([&](wire::Environment::Builder out) {
    out.setCpuModel("Fast CPU @ 3.00GHz");
    out.setCores(8);
    out.setMemoryMib(16 * 1024);
    out.setKernel("6.1.0");
    out.setGpu("none");
    change(out);
  });
}

TEST(environment, reads_proc_files) {
  EXPECT_EQ(cpu_model_of("processor\t: 0\nmodel\t\t: 85\nmodel name\t: Xeon(R) @ 2.00GHz\nmodel name\t: other\n"),
            "Xeon(R) @ 2.00GHz");
  EXPECT_EQ(cpu_model_of("model name:\n"), "");
  EXPECT_EQ(cpu_model_of("CPU implementer\t: 0x41\n"), "");
  EXPECT_EQ(cpu_model_of(""), "");
  EXPECT_EQ(memory_mib_of("MemTotal:       24689764 kB\nMemFree: 1 kB\n"), 24111u);
  EXPECT_EQ(memory_mib_of("MemFree: 1 kB"), 0u);
  EXPECT_EQ(memory_mib_of("MemTotal: many kB"), 0u);
}

TEST(environment, describes_this_machine) {
  auto here = describe_environment("H100, H100", "550.1");
  EXPECT_FALSE(check(capnp::DynamicStruct::Reader{*here}));
  EXPECT_GT(here->getCpuModel().size(), 0u);
  EXPECT_GE(here->getCores(), 1u);
  EXPECT_GT(here->getMemoryMib(), 0u);
  EXPECT_GT(here->getKernel().size(), 0u);
  EXPECT_EQ(here->getGpu(), "H100, H100");
  EXPECT_EQ(here->getDriver(), "550.1");
  EXPECT_GT(here->getGovernor().size(), 0u);
  EXPECT_FALSE(describe_environment("none", "")->hasDriver()) << "unknown";
  EXPECT_EQ(here->getFingerprint(), fingerprint_of(*here).c_str());
}

TEST(environment, fingerprint_tells_machines_apart) {
  using builder = wire::Environment::Builder;
  std::set<std::string> seen;
  for (const auto& one :
       {machine(), machine([](builder m) { m.setCpuModel("Fast CPU @ 3.10GHz"); }),
        machine([](builder m) { m.setCores(9); }), machine([](builder m) { m.setMemoryMib(32768); }),
        machine([](builder m) { m.setKernel("6.1.1"); }), machine([](builder m) { m.setGpu("H100"); }),
        machine([](builder m) { m.setGpu("H100, H100"); })}) {
    auto fingerprint = fingerprint_of(*one);
    EXPECT_EQ(fingerprint.size(), 16u);
    EXPECT_TRUE(seen.insert(fingerprint).second) << fingerprint;
  }
}

TEST(environment, fingerprint_ignores_megabytes_and_itself) {
  using builder = wire::Environment::Builder;
  auto fingerprint = fingerprint_of(*machine());
  EXPECT_EQ(fingerprint_of(*machine([](builder m) { m.setMemoryMib(16 * 1024 - 300); })), fingerprint);
  EXPECT_EQ(fingerprint_of(*machine([](builder m) { m.setMemoryMib(16 * 1024 + 300); })), fingerprint);
  EXPECT_EQ(fingerprint_of(*machine([](builder m) { m.setFingerprint("x"); })), fingerprint);
  EXPECT_EQ(fingerprint_of(*machine([](builder m) { m.setDriver("550.1"); })), fingerprint) << "old ones have none";
}

/// Stored snapshots contain fingerprints: if the rule changed, all of them would seem to come from other machines.
TEST(environment, fingerprint_stays_the_same_across_versions) {
  // Computed with: printf 'Fast CPU @ 3.00GHz
  // 8
  // 16
  // 6.1.0
  // none' | sha256sum | cut -c1-16
  EXPECT_EQ(fingerprint_of(*machine()), "f0392a79bf95d556");
}

} // namespace
} // namespace hive
