#include "actors/benchmark/run_adapter.hpp"

#include "actors/benchmark/reports/result_file.hpp"
#include "tests/actors/benchmark/actor_test.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace testing_processes;
using testing::HasSubstr;

class run_adapter_test : public actor_test {
protected:
  void SetUp() override {
    process_options plain;
    plain.command = sandbox::probe();
    plain.status_channel = true;
    auto cancel = cancellation::create();
    auto probed = run_process(plain, *cancel);
    if (!probed || probed->exit_status != 0)
      GTEST_SKIP() << "sandboxes do not work here";
  }

  ~run_adapter_test() override {
    stop(adapter);
    stop(runner);
    adapter = nullptr;
    runner = nullptr;
  }

  /// Runs a script in a sandbox, whose work directory is `scratch`, and reads what it leaves in `result`.
  caf::expected<msg<wire::Measurement>> measure(const std::string& script, uint32_t repeats = 1) {
    run_plan plan;
    plan.name = "installed";
    plan.command = shell(script);
    plan.sandbox = sandbox::options{.binds = {{scratch.path(), "/work", true}}, .workdir = "/work"};
    plan.read = [this](wire::RunResult::Reader) { return read_result_file(content(scratch.file("result"))); };
    adapter = spawn_run_adapter(*system, {runner}, std::move(plan));
    caf::scoped_actor self{*system};
    return receive<wire::Measurement>(
      self, adapter,
      msg<wire::MeasureRequest>::build([&](wire::MeasureRequest::Builder out) { out.setRepeats(repeats); }));
  }

  runner_actor runner = spawn_runner();
  adapter_actor adapter;
};

TEST_F(run_adapter_test, runs_its_command_in_a_sandbox_and_reads_the_result_file_that_it_leaves) {
  auto result = measure(R"(ls /root > seen 2>&1; echo '{"results":[{"command":"a","times":[0.5,1.5]}]}' > result)", 2);
  ASSERT_TRUE(result) << text_of(result.error());
  auto metrics = (*result)->getMetrics();
  ASSERT_EQ(metrics.size(), 1u);
  EXPECT_EQ(metrics[0].getName(), "a");
  EXPECT_EQ(metrics[0].getAdapter(), "installed");
  EXPECT_EQ(metrics[0].getValue(), 1000);
  EXPECT_EQ(metrics[0].getSamples().size(), 4u);
  EXPECT_THAT(content(scratch.file("seen")), HasSubstr("No such file"));
  ASSERT_TRUE((*result)->hasContention());
  EXPECT_EQ((*result)->getContention().getCaptures(), 0u) << "which the capture knows";
}

} // namespace
} // namespace hive
