#include "actors/benchmark/world_model_adapter.hpp"

#include "tests/support/fake_http_server.hpp"
#include "tests/support/files.hpp"
#include "tests/support/test_inputs.hpp"

#include <gmock/gmock.h>

namespace hive {
namespace {

using ::testing::HasSubstr;

class world_model_adapter_test : public ::testing::Test {
protected:
  caf::expected<msg<wire::Measurement>> measure() {
    return node.measure(spawn_world_model_adapter(node.tests.system(), {node.db, node.actor}, options), 3);
  }

  std::string error() {
    auto measured = measure();
    return measured ? "no error" : text_of(measured.error());
  }

  /// The scope of the metric hivemind_queries.
  std::string scope() {
    auto measured = measure();
    if (!measured)
      return text_of(measured.error());
    return (*measured)->getMetrics()[2].getScope().cStr();
  }

  void push(uint64_t recorded, uint64_t flushed, uint64_t corrections, uint64_t queries, const char* process = "") {
    auto error = node.push(msg<wire::WorldModelStats>::build([&](wire::WorldModelStats::Builder out) {
      out.setRecorded(recorded);
      out.setFlushed(flushed);
      out.setCorrections(corrections);
      out.setHivemindQueries(queries);
      out.setProcess(process);
    }));
    ASSERT_FALSE(error) << text_of(error);
  }

  test_inputs node;
  world_model_options options;
};

TEST_F(world_model_adapter_test, skips_without_counters) {
  auto measured = measure();
  ASSERT_TRUE(measured) << text_of(measured.error());
  EXPECT_THAT((*measured)->getSkipped().cStr(), HasSubstr("no counters were pushed"));
  EXPECT_EQ(options.unavailable_reason(*node.db), (*measured)->getSkipped().cStr());
}

TEST_F(world_model_adapter_test, is_idle_until_there_is_a_source_or_something_pushed) {
  options.file = "/etc/counters.json";
  EXPECT_EQ(options.unavailable_reason(*node.db), "");
  options.file.clear();
  push(200, 150, 10, 42);
  EXPECT_EQ(options.unavailable_reason(*node.db), "");
}

TEST_F(world_model_adapter_test, makes_rates_of_pushed_counters) {
  push(200, 150, 10, 42);
  auto measured = measure();
  ASSERT_TRUE(measured) << text_of(measured.error());
  auto metrics = (*measured)->getMetrics();
  ASSERT_EQ(metrics.size(), 3u);
  auto expect = [&](uint32_t index, const char* name, const char* unit, double value, const char* scope) {
    auto metric = metrics[index];
    EXPECT_EQ(metric.getName(), name);
    EXPECT_EQ(metric.getAdapter(), "world_model");
    EXPECT_EQ(metric.getUnit(), unit);
    EXPECT_EQ(metric.getDirection(), wire::Direction::HIGHER);
    EXPECT_EQ(metric.getValue(), value);
    EXPECT_EQ(metric.getSamples().size(), 1u);
    EXPECT_EQ(metric.getScope(), scope);
  };
  expect(0, "flush_rate", "ratio", 0.75, "");
  expect(1, "correction_density", "ratio", 0.05, "");
  expect(2, "hivemind_queries", "count", 42, "restart-0");
}

TEST_F(world_model_adapter_test, nothing_recorded_is_no_division_by_zero) {
  push(0, 0, 0, 0);
  auto measured = measure();
  ASSERT_TRUE(measured) << text_of(measured.error());
  EXPECT_EQ((*measured)->getMetrics()[0].getValue(), 0);
}

TEST_F(world_model_adapter_test, counters_of_two_lives_never_share_a_scope) {
  push(10, 10, 10, 10);
  EXPECT_EQ(scope(), "restart-0");
  push(1, 1, 1, 1);
  EXPECT_EQ(scope(), "restart-1");
  push(2, 2, 2, 2, "boot-7");
  EXPECT_EQ(scope(), "boot-7");
  push(3, 3, 3, 3);
  EXPECT_EQ(scope(), "restart-3");
}

TEST_F(world_model_adapter_test, reads_a_file_and_sees_its_restarts) {
  auto counters = [](int n) {
    auto text = std::to_string(n);
    return "{\"recorded\":" + text + ",\"flushed\":" + text + ",\"corrections\":0,\"hivemind_queries\":" + text + "}";
  };
  options.file = put_file(node.temp.path() / "world.json", counters(10));
  EXPECT_EQ(scope(), "restart-0");
  put_file(options.file, counters(11));
  EXPECT_EQ(scope(), "restart-0");
  put_file(options.file, counters(3));
  EXPECT_EQ(scope(), "restart-1");
}

TEST_F(world_model_adapter_test, reads_a_url) {
  fake_http_server server{[](const fake_request&) -> fake_response {
    return {200, R"({"recorded": 4, "flushed": 1, "corrections": 2, "hivemind_queries": 9, "process": "p1"})"};
  }};
  options.url = server.url() + "/stats";
  auto measured = measure();
  ASSERT_TRUE(measured) << text_of(measured.error());
  EXPECT_EQ((*measured)->getMetrics()[0].getValue(), 0.25);
  EXPECT_EQ(scope(), "p1");
}

TEST_F(world_model_adapter_test, a_failing_source_is_an_error_that_names_it) {
  push(1, 1, 1, 1); // pushed counters must not replace a source that fails
  options.file = node.temp.path() / "absent.json";
  EXPECT_THAT(error(), HasSubstr("absent.json is missing"));
  options.file = put_file(node.temp.path() / "odd.json", R"({"recorded": 1})");
  EXPECT_THAT(error(), HasSubstr("odd.json: /flushed is required"));
  options.url = "http://127.0.0.1:1/";
  EXPECT_THAT(error(), HasSubstr("both given"));
  options.file.clear();
  EXPECT_THAT(error(), HasSubstr("127.0.0.1:1"));
  options.url = "gopher://x/";
  EXPECT_THAT(error(), HasSubstr("url must start with"));
}

TEST_F(world_model_adapter_test, a_store_that_does_not_answer_is_an_error) {
  options.file = put_file(node.temp.path() / "world.json",
                          R"({"recorded": 1, "flushed": 1, "corrections": 1, "hivemind_queries": 1})");
  caf::anon_send_exit(node.actor, caf::exit_reason::user_shutdown);
  node.tests.client()->wait_for(node.actor);
  EXPECT_THAT(error(), HasSubstr("could not be kept"));
}

} // namespace
} // namespace hive
