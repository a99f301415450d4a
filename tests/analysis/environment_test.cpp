#include "analysis/environment.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

constexpr environment_fields all{
  environment_field::cpu_model, environment_field::cores,     environment_field::memory_mib,
  environment_field::kernel,    environment_field::gpu,       environment_field::driver,
  environment_field::governor,  environment_field::cpu_limit, environment_field::memory_limit};

environment whole() {
  return {"Fast CPU", 8, 65'536, "6.1", "H100", "550.1", "performance", "none", "4096 MiB"};
}

std::string differences(const environment& was, const environment& now, environment_fields wanted = all) {
  return describe_differences(differing_fields(was, now, wanted));
}

TEST(environment, equal_machines_differ_in_nothing) {
  EXPECT_EQ(differences(whole(), whole()), "");
}

TEST(environment, names_what_differs_with_both_values) {
  auto other = whole();
  other.cpu_model = "Slow CPU";
  other.cores = 4;
  other.memory_limit = "none";
  EXPECT_EQ(differences(whole(), other),
            "cpu_model: Fast CPU and Slow CPU, cores: 8 and 4, memory_limit: 4096 MiB and none");
  EXPECT_EQ(differences(whole(), other, {environment_field::cores}), "cores: 8 and 4");
  EXPECT_EQ(differences(whole(), other, {environment_field::kernel, environment_field::gpu}), "");
  EXPECT_EQ(differences(whole(), other, {}), "");
}

TEST(environment, what_is_unknown_equals_nothing) {
  EXPECT_EQ(differing_fields({}, {}, all).size(), 9u);
  EXPECT_EQ(differences({}, {}, {environment_field::driver}), "driver: unknown on both sides");
  EXPECT_EQ(differences({}, whole(), {environment_field::cores}), "cores: unknown and 8");
  environment silent{.gpu = "unknown: the probe is silent"};
  EXPECT_EQ(differences(whole(), silent, {environment_field::gpu}), "gpu: H100 and unknown");
  EXPECT_EQ(differences(silent, silent, {environment_field::gpu}), "gpu: unknown on both sides");
}

TEST(environment, memory_is_compared_in_whole_gib) {
  auto other = whole();
  other.memory_mib = 65'400;
  EXPECT_EQ(differences(whole(), other), "");
  other.memory_mib = 32'768;
  EXPECT_EQ(differences(whole(), other), "memory_mib: 65536 and 32768");
}

TEST(environment, long_values_are_cut) {
  std::string longer(200, 'x');
  auto found = differing_fields({.cpu_model = longer}, {}, {environment_field::cpu_model});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].was, std::string(80, 'x') + "…");
}

TEST(environment, fields_are_found_by_their_names_in_json) {
  for (auto name :
       {"cpu_model", "cores", "memory_mib", "kernel", "gpu", "driver", "governor", "cpu_limit", "memory_limit"}) {
    auto field = find_environment_field(name);
    ASSERT_TRUE(field) << name;
    EXPECT_EQ(differing_fields({}, {}, {*field})[0].name, name);
  }
  for (auto name : {"", "fingerprint", "unlisted", "CPU"})
    EXPECT_FALSE(find_environment_field(name)) << name;
  EXPECT_EQ(differences(whole(), whole(), {environment_field::unlisted}),
            "a field that this release does not know: unknown on both sides");
}

} // namespace
} // namespace hive::analysis
