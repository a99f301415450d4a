// Commands registered as adapters.

#include "tests/actors/benchmark/registry_fixture.hpp"

namespace hive {
namespace {

TEST_F(registry_fixture, registered_commands_survive_a_restart) {
  add("builtin", [](auto) { return measured("latency", 1); });
  start();
  auto spec = *from_json<wire::CommandSpec>(R"({"name":"mine","command":["true"]})");
  ASSERT_TRUE(ask<wire::BenchmarkInfo>(spec));
  EXPECT_EQ(code_of(ask<wire::BenchmarkInfo>(spec).error()), ec::already_exists);
  stop();
  start();
  EXPECT_EQ(outcome(*capture("v1"), "mine"), "ok:");
  auto name = *from_json<wire::BenchmarkName>(R"({"name":"mine"})");
  EXPECT_TRUE(ask<wire::BenchmarkInfo>(name));
  EXPECT_EQ(code_of(ask<wire::BenchmarkInfo>(name).error()), ec::not_found);
  auto builtin = *from_json<wire::BenchmarkName>(R"({"name":"builtin"})");
  EXPECT_EQ(code_of(ask<wire::BenchmarkInfo>(builtin).error()), ec::forbidden);
  stop();
  start();
  EXPECT_EQ(outcome(*capture("v2"), "mine"), "absent");
}

TEST_F(registry_fixture, replaces_a_command_while_a_capture_goes_on_with_the_earlier_one) {
  caf::typed_response_promise<msg<wire::Measurement>> held;
  commands["hold"] = [&held](adapter_actor::pointer actor) -> caf::result<msg<wire::Measurement>> {
    held = actor->make_response_promise<msg<wire::Measurement>>();
    return held;
  };
  commands["two"] = [](auto) { return measured("registered", 2); };
  auto value = [](const msg<wire::Snapshot>& snapshot) { return snapshot->getMetrics()[0].getValue(); };
  start();
  ASSERT_TRUE(ask<wire::BenchmarkInfo>(*from_json<wire::CommandSpec>(R"({"name":"mine","command":["hold"]})")));
  caf::scoped_actor other{system};
  auto first = other->request(registry, 30s, *from_json<wire::CaptureRequest>(R"({"version":"first"})"));
  while (!held.pending())
    std::this_thread::sleep_for(1ms);

  auto replacement = *from_json<wire::CommandSpec>(R"({"name":"mine","command":["two"],"replace":true})");
  auto replaced = ask<wire::BenchmarkInfo>(replacement);
  ASSERT_TRUE(replaced) << text_of(replaced.error());
  auto second = capture("second");
  ASSERT_TRUE(second);
  EXPECT_EQ(value(*second), 2) << "there is no window without the adapter";
  held.deliver(measured("registered", 1));
  first.receive(
    [&](const msg<wire::Snapshot>& snapshot) {
      EXPECT_EQ(outcome(snapshot, "mine"), "ok:");
      EXPECT_EQ(value(snapshot), 1);
    },
    [](caf::error& err) { FAIL() << text_of(err); });

  stop();
  start();
  auto third = capture("third");
  ASSERT_TRUE(third);
  EXPECT_EQ(value(*third), 2) << "what is stored was replaced too";
}

TEST_F(registry_fixture, replaces_no_built_in_adapter_and_registers_what_is_not_there) {
  add("builtin", [](auto) { return measured("latency", 1); });
  start();
  auto builtin = *from_json<wire::CommandSpec>(R"({"name":"builtin","command":["x"],"replace":true})");
  EXPECT_EQ(code_of(ask<wire::BenchmarkInfo>(builtin).error()), ec::forbidden);
  auto fresh = *from_json<wire::CommandSpec>(R"({"name":"fresh","command":["x"],"replace":true})");
  ASSERT_TRUE(ask<wire::BenchmarkInfo>(fresh));
  EXPECT_EQ(outcome(*capture("v1"), "fresh"), "ok:");
}

} // namespace
} // namespace hive
