#include "actors/benchmark/command_adapter.hpp"

#include "tests/actors/benchmark/actor_test.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace testing_processes;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

msg<wire::MeasureRequest> measure(uint32_t repeats = 1) {
  return msg<wire::MeasureRequest>::build([&](wire::MeasureRequest::Builder out) { out.setRepeats(repeats); });
}

std::vector<double> samples_of(wire::Metric::Reader metric) {
  std::vector<double> out;
  for (double sample : metric.getSamples())
    out.push_back(sample);
  return out;
}

class command_adapter_test : public actor_test {
protected:
  ~command_adapter_test() override {
    stop(adapter);
    stop(runner);
    adapter = nullptr;
    runner = nullptr;
  }

  void spawn(const std::string& script, double timeout_s = 60) {
    auto spec = msg<wire::CommandSpec>::build([&](wire::CommandSpec::Builder out) {
      out.setName("probe");
      auto command = out.initCommand(3);
      command.set(0, "/bin/sh");
      command.set(1, "-c");
      command.set(2, script.c_str());
      out.setWorkdir(scratch.path().c_str());
      out.setTimeoutS(timeout_s);
      auto environment = out.initEnvironment(1);
      environment[0].setName("SCALE");
      environment[0].setValue("2");
    });
    adapter = spawn_command_adapter(*system, {runner}, spec);
  }

  caf::expected<msg<wire::Measurement>> take(uint32_t repeats = 1) {
    return receive<wire::Measurement>(self, adapter, measure(repeats));
  }

  void expect_failure(ec code, const std::string& why, uint32_t repeats = 1) {
    auto result = take(repeats);
    ASSERT_FALSE(result) << why;
    EXPECT_EQ(code_of(result.error()), code) << text_of(result.error());
    EXPECT_THAT(text_of(result.error()), HasSubstr(why));
  }

  runner_actor runner = spawn_runner();
  adapter_actor adapter;
  caf::scoped_actor self{*system};
};

TEST_F(command_adapter_test, measures_what_the_command_prints) {
  spawn(R"(echo "{\"metrics\": {\"speed\": {\"value\": $SCALE, \"direction\": \"higher\", \"unit\": \"m/s\"}}}")");
  auto result = take();
  ASSERT_TRUE(result) << text_of(result.error());
  auto metrics = (*result)->getMetrics();
  ASSERT_EQ(metrics.size(), 1u);
  EXPECT_EQ(metrics[0].getName(), "speed");
  EXPECT_EQ(metrics[0].getAdapter(), "probe");
  EXPECT_EQ(metrics[0].getUnit(), "m/s");
  EXPECT_EQ(metrics[0].getValue(), 2);
  EXPECT_THAT(samples_of(metrics[0]), ElementsAre(2));
}

TEST_F(command_adapter_test, runs_once_per_repeat_and_keeps_every_sample) {
  spawn(R"(echo x >> n; echo "{\"metrics\": {\"n\": {\"value\": $(wc -l < n), \"direction\": \"higher\"}}}")");
  auto result = take(3);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_THAT(samples_of((*result)->getMetrics()[0]), ElementsAre(1, 2, 3));
  EXPECT_EQ((*result)->getMetrics()[0].getValue(), 2);
  EXPECT_TRUE(take(0)) << "no number of repeats means one";
  EXPECT_EQ(content(scratch.file("n")), "x\nx\nx\nx\n");
}

TEST_F(command_adapter_test, passes_on_why_it_was_skipped) {
  spawn(R"(echo '{"skipped": "no such device"}')");
  auto result = take(2);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ((*result)->getSkipped(), "no such device");
}

TEST_F(command_adapter_test, understands_how_adapters_of_hart_os_skip) {
  spawn(R"(echo '{"skipped": true, "reason": "no such device"}')");
  auto result = take(2);
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ((*result)->getSkipped(), "no such device");
  stop(adapter);
  spawn(R"(echo '{"skipped": true}')");
  EXPECT_EQ((*take())->getSkipped(), "it gives no reason");
  stop(adapter);
  spawn(R"(echo '{"skipped": false, "reason": "none"}')");
  expect_failure(ec::invalid, "it prints no measurement");
}

TEST_F(command_adapter_test, says_how_the_command_failed) {
  spawn("echo one >&2; echo 'the disk is full' >&2; exit 3");
  auto result = take();
  ASSERT_FALSE(result);
  EXPECT_EQ(code_of(result.error()), ec::process_failed);
  EXPECT_THAT(text_of(result.error()), AllOf(HasSubstr("'/bin/sh'"), Not(HasSubstr("echo one")), HasSubstr("status 3"),
                                             HasSubstr("the disk is full")));
}

TEST_F(command_adapter_test, says_that_the_command_crashed) {
  spawn(R"(echo '{"metrics": {"m": {"value": 1, "direction": "higher"}}}'; kill -SEGV $$)");
  expect_failure(ec::process_failed, "SIGSEGV");
}

TEST_F(command_adapter_test, says_that_the_command_hung) {
  spawn("exec sleep 1000", 0.2);
  expect_failure(ec::timed_out, "time limit");
}

TEST_F(command_adapter_test, the_time_limit_holds_for_all_repeats_together) {
  spawn(R"(sleep 0.2; echo '{"metrics": {"m": {"value": 1, "direction": "higher"}}}')", 1);
  auto result = take(1'000);
  ASSERT_FALSE(result);
  EXPECT_EQ(code_of(result.error()), ec::timed_out);
  EXPECT_THAT(text_of(result.error()), HasSubstr("of 1000: "));
}

TEST_F(command_adapter_test, says_what_is_wrong_with_the_output) {
  for (auto [output, code, why] : std::vector<std::tuple<std::string, ec, std::string>>{
         {"", ec::malformed, "prints nothing"},
         {"12", ec::invalid, "no measurement"},
         {"{", ec::malformed, "not valid JSON"},
         {"{}", ec::no_data, "neither a metric nor a reason"},
         {R"({"metrics": {}})", ec::no_data, "neither a metric nor a reason"},
         {R"({"metric": {}})", ec::invalid, "metric"},
         {R"({"metrics": {"m": {"direction": "higher"}}})", ec::invalid, "/metrics/m"},
         {R"({"metrics": {"m": {"value": "1", "direction": "higher"}}})", ec::invalid, "/metrics/m/value"},
         {R"({"metrics": {"m": {"value": 1, "direction": "up"}}})", ec::invalid, "/metrics/m/direction"},
         {R"({"metrics": {"m": {"value": 1e999, "direction": "higher"}}})", ec::invalid, "m"},
         {R"({"metrics": {"m": {"value": null, "direction": "higher"}}})", ec::invalid, "'m' is not a finite number"},
         {R"(log line
{"metrics": {"m": {"value": 1, "direction": "higher"}}})",
          ec::malformed, "not valid JSON"},
       }) {
    SCOPED_TRACE(output);
    stop(adapter);
    scratch.write("output", output);
    spawn("cat output");
    expect_failure(code, why);
  }
}

TEST_F(command_adapter_test, names_the_metric_that_a_repeat_lacks) {
  spawn(R"(if [ -e ran ]; then name=b; else touch ran; name=a; fi
           echo "{\"metrics\": {\"$name\": {\"value\": 1, \"direction\": \"higher\"}}}")");
  expect_failure(ec::invalid, "metric 'b' is missing from repeat 1 of 2", 2);
}

TEST_F(command_adapter_test, names_the_repeat_that_failed) {
  spawn(R"(if [ -e ran ]; then exit 9; fi; touch ran; echo '{"metrics": {"m": {"value": 1, "direction": "higher"}}}')");
  expect_failure(ec::process_failed, "repeat 2 of 3: ", 3);
}

TEST_F(command_adapter_test, gives_a_reason_that_may_be_stored_whatever_the_command_prints) {
  spawn(R"(head -c 100000 /dev/urandom >&2; exit 1)");
  auto result = take();
  ASSERT_FALSE(result);
  auto outcome = msg<wire::AdapterOutcome>::build([&](wire::AdapterOutcome::Builder out) {
    out.setName("probe");
    out.setStatus(wire::AdapterStatus::ERROR);
    out.setReason(text_of(result.error()).c_str());
  });
  EXPECT_TRUE(msg<wire::AdapterOutcome>::load(outcome.bytes()));
}

TEST_F(command_adapter_test, refuses_more_output_than_a_measurement_may_hold) {
  spawn("head -c 20000000 /dev/zero");
  expect_failure(ec::too_large, "more than a measurement");
}

TEST_F(command_adapter_test, refuses_too_many_repeats) {
  spawn("true");
  expect_failure(ec::invalid, "at most 1000", 1'001);
}

TEST_F(command_adapter_test, takes_overlapping_measurements_one_after_the_other) {
  spawn(R"(if ! mkdir lock; then exit 5; fi; sleep 0.02; rmdir lock
           echo '{"metrics": {"m": {"value": 1, "direction": "higher"}}}')");
  std::vector<decltype(self->request(adapter, patience, measure()))> open;
  for (size_t i = 0; i < defaults::max_concurrent_captures; ++i)
    open.push_back(self->request(adapter, patience, measure(3)));
  auto refused = take();
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::busy);
  for (auto& response : open)
    response.receive([](const msg<wire::Measurement>& result) { EXPECT_EQ(result->getMetrics().size(), 1u); },
                     [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
}

TEST_F(command_adapter_test, a_failed_measurement_does_not_hold_up_the_next) {
  spawn(R"(if [ -e ran ]; then echo '{"skipped": "second"}'; else touch ran; exit 1; fi)");
  auto first = self->request(adapter, patience, measure());
  auto second = self->request(adapter, patience, measure());
  first.receive([](const msg<wire::Measurement>&) { ADD_FAILURE(); },
                [](const caf::error& error) { EXPECT_EQ(code_of(error), ec::process_failed); });
  second.receive([](const msg<wire::Measurement>& result) { EXPECT_EQ(result->getSkipped(), "second"); },
                 [](const caf::error& error) { ADD_FAILURE() << text_of(error); });
}

TEST_F(command_adapter_test, an_adapter_that_is_removed_takes_its_process_with_it_and_answers) {
  spawn("echo $$ > pid; exec sleep 1000");
  auto running = self->request(adapter, patience, measure());
  auto waiting = self->request(adapter, patience, measure());
  auto process = pid_in(scratch.file("pid"));
  ASSERT_TRUE(is_alive(process));
  stop(adapter);
  for (auto* response : {&running, &waiting})
    response->receive([](const msg<wire::Measurement>&) { ADD_FAILURE(); },
                      [](const caf::error& error) { EXPECT_EQ(code_of(error), ec::unavailable); });
  EXPECT_TRUE(wait_until([&] { return !is_alive(process); }));
}

TEST_F(command_adapter_test, says_that_the_runner_is_gone) {
  spawn("exec sleep 1000");
  stop(runner);
  self->wait_for(runner);
  expect_failure(ec::unavailable, "runner");
}

TEST_F(command_adapter_test, says_that_the_command_is_missing) {
  auto spec = msg<wire::CommandSpec>::build([](wire::CommandSpec::Builder out) {
    out.setName("probe");
    out.initCommand(1).set(0, "no-such-command-here");
  });
  adapter = spawn_command_adapter(*system, {runner}, spec);
  expect_failure(ec::process_failed, "'no-such-command-here' cannot be executed");
}

} // namespace
} // namespace hive
