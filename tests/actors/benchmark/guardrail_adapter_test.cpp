#include "actors/benchmark/guardrail_adapter.hpp"

#include "actors/benchmark/guardrail/guardrail_manifest.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/test_system.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class guardrail_adapter_test : public ::testing::Test {
protected:
  guardrail_adapter_test() {
    for (int i = 0; i < 8; ++i) {
      names.push_back("file" + std::to_string(i));
      put_file(temp.path() / names.back(), names.back());
    }
    auto keys = key_pair::generate();
    auto manifest = guardrail::build_manifest(temp.path(), names, {});
    auto written = guardrail::write_manifest(options.manifest, guardrail::sign(*manifest, keys));
    auto key_written = guardrail::write_public_key(options.public_key, keys.public_part());
    if (written || key_written)
      throw std::runtime_error("cannot write the manifest");
  }

  caf::expected<msg<wire::Measurement>> measure(const guardrail_options& with) {
    auto adapter = spawn_guardrail_adapter(tests.system(), with);
    auto request = msg<wire::MeasureRequest>::build([](auto out) { out.setRepeats(3); });
    auto answer = tests.ask<msg<wire::Measurement>>(adapter, request);
    caf::anon_send_exit(adapter, caf::exit_reason::user_shutdown);
    return answer;
  }

  double integrity(const msg<wire::Measurement>& measured) {
    EXPECT_EQ(measured->getMetrics().size(), 1u);
    auto metric = measured->getMetrics()[0];
    EXPECT_EQ(metric.getName(), "guardrail_integrity");
    EXPECT_EQ(metric.getAdapter(), "guardrail");
    EXPECT_EQ(metric.getUnit(), "bool");
    EXPECT_EQ(metric.getDirection(), wire::Direction::HIGHER);
    EXPECT_EQ(metric.getSamples().size(), 1u);
    return metric.getValue();
  }

  temporary_directory temp;
  guardrail_options options{temp.path() / "guardrail.json", temp.path() / "guardrail.pub"};
  std::vector<std::string> names;
  test_system tests;
};

TEST_F(guardrail_adapter_test, intact_files_are_one) {
  auto measured = measure(options);
  ASSERT_TRUE(measured) << text_of(measured.error());
  EXPECT_EQ(integrity(*measured), 1.0);
  EXPECT_EQ((*measured)->getNote().size(), 0u);
}

TEST_F(guardrail_adapter_test, violations_are_zero_with_the_first_ones_named) {
  for (const auto& name : names)
    fs::remove(temp.path() / name);
  auto measured = measure(options);
  ASSERT_TRUE(measured) << text_of(measured.error());
  EXPECT_EQ(integrity(*measured), 0.0);
  std::string note = (*measured)->getNote().cStr();
  EXPECT_THAT(note, HasSubstr("file0 is missing; file1 is missing"));
  EXPECT_THAT(note, HasSubstr("and 3 more"));
}

TEST_F(guardrail_adapter_test, skips_without_configuration) {
  auto measured = measure({});
  ASSERT_TRUE(measured);
  EXPECT_EQ((*measured)->getMetrics().size(), 0u);
  EXPECT_THAT((*measured)->getSkipped().cStr(), HasSubstr("no guardrail manifest"));
}

TEST_F(guardrail_adapter_test, half_a_configuration_is_an_error) {
  EXPECT_EQ(code_of(measure({options.manifest, {}}).error()), ec::invalid);
  EXPECT_EQ(code_of(measure({{}, options.public_key}).error()), ec::invalid);
}

TEST_F(guardrail_adapter_test, what_cannot_be_judged_is_an_error_that_names_it) {
  fs::remove(options.manifest);
  auto measured = measure(options);
  ASSERT_FALSE(measured);
  EXPECT_THAT(text_of(measured.error()), HasSubstr("guardrail.json is missing"));
  put_file(options.manifest, "no json");
  EXPECT_EQ(code_of(measure(options).error()), ec::malformed);
  fs::remove(options.public_key);
  EXPECT_THAT(text_of(measure(options).error()), HasSubstr("guardrail.pub is missing"));
}

TEST_F(guardrail_adapter_test, time_that_is_over_is_an_error) {
  options.timeout = std::chrono::milliseconds{0};
  EXPECT_EQ(code_of(measure(options).error()), ec::timed_out);
}

} // namespace
} // namespace hive
