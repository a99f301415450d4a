#include "actors/benchmark/model_registry_adapter.hpp"

#include "storage/input_store.hpp"
#include "tests/paths.hpp"
#include "tests/support/fake_http_server.hpp"
#include "tests/support/files.hpp"
#include "tests/support/test_inputs.hpp"

#include <gmock/gmock.h>
#include <map>

namespace hive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class model_registry_adapter_test : public ::testing::Test {
protected:
  caf::expected<msg<wire::Measurement>> measure(uint32_t repeats = 1) {
    return node.measure(spawn_model_registry_adapter(node.tests.system(), {node.db}, options), repeats);
  }

  /// The value of every metric, by name.
  std::map<std::string, double> values(uint32_t repeats = 1) {
    auto measured = measure(repeats);
    if (!measured)
      throw std::runtime_error(text_of(measured.error()));
    std::map<std::string, double> out;
    for (auto metric : (*measured)->getMetrics()) {
      EXPECT_EQ(metric.getAdapter(), "model_registry");
      out[metric.getName()] = metric.getValue();
    }
    return out;
  }

  void push(const std::string& id, std::initializer_list<std::pair<double, double>> observations) {
    auto error = node.push(msg<wire::ObserveModel>::build([&](wire::ObserveModel::Builder out) {
      out.setId(id);
      auto list = out.initObservations(static_cast<uint32_t>(observations.size()));
      uint32_t i = 0;
      for (auto [latency, accuracy] : observations) {
        list[i].setLatencyMs(latency);
        list[i++].setAccuracy(accuracy);
      }
    }));
    ASSERT_FALSE(error) << text_of(error);
  }

  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  test_inputs node;
  model_registry_options options;
};

TEST_F(model_registry_adapter_test, skips_without_any_source) {
  auto measured = measure();
  ASSERT_TRUE(measured) << text_of(measured.error());
  EXPECT_THAT((*measured)->getSkipped().cStr(), HasSubstr("no observations were pushed"));
  EXPECT_EQ(options.unavailable_reason(*node.db), (*measured)->getSkipped().cStr());
}

TEST_F(model_registry_adapter_test, is_idle_until_there_is_a_source_or_something_pushed) {
  options.url = "http://127.0.0.1:1/models";
  EXPECT_EQ(options.unavailable_reason(*node.db), "");
  options.url.clear();
  push("m", {{5, none}});
  EXPECT_EQ(options.unavailable_reason(*node.db), "");
}

TEST_F(model_registry_adapter_test, pushed_observations_are_the_samples) {
  push("gpt-4o", {{100, 1}, {200, 0}, {none, 1}});
  push("fast.only", {{5, none}});
  auto measured = measure(7);
  ASSERT_TRUE(measured) << text_of(measured.error());
  auto metrics = (*measured)->getMetrics();
  ASSERT_EQ(metrics.size(), 3u);
  EXPECT_EQ(metrics[0].getName(), "fast.only_latency_ms");
  EXPECT_EQ(metrics[1].getName(), "gpt-4o_latency_ms");
  EXPECT_EQ(metrics[1].getUnit(), "ms");
  EXPECT_EQ(metrics[1].getDirection(), wire::Direction::LOWER);
  EXPECT_EQ(metrics[1].getValue(), 150);
  EXPECT_EQ(metrics[1].getSamples().size(), 2u);
  EXPECT_EQ(metrics[2].getName(), "gpt-4o_accuracy");
  EXPECT_EQ(metrics[2].getUnit(), "score");
  EXPECT_EQ(metrics[2].getDirection(), wire::Direction::HIGHER);
  EXPECT_EQ(metrics[2].getSamples().size(), 3u);
}

TEST_F(model_registry_adapter_test, reads_file_and_url_and_the_nearest_source_holds) {
  fake_http_server server{[](const fake_request& request) -> fake_response {
    EXPECT_THAT(request.head, HasSubstr("GET /models "));
    return {200, R"({"models": {"a": {"latency_ms": 1, "accuracy": 0.1}, "b": {"latency_ms": 2}}})"};
  }};
  options.url = server.url() + "/models";
  options.file = put_file(node.temp.path() / "models.json", R"({"models": {"a": {"accuracy": 0.5}, "c": {}}})");
  push("b", {{22, none}});
  EXPECT_THAT(values(), ElementsAre(Pair("a_accuracy", 0.5), Pair("a_latency_ms", 1), Pair("b_latency_ms", 22)));
}

TEST_F(model_registry_adapter_test, an_id_with_a_slash_costs_no_other_model) {
  options.file = HIVE_TEST_DATA "/test_results/cases/models-one-id-with-slash.json";
  push("llama3:8b", {{7, none}});
  EXPECT_THAT(values(), testing::UnorderedElementsAre(
                          Pair("meta-llama/Llama-3-8B_latency_ms", 350), Pair("meta-llama/Llama-3-8B_accuracy", 0.9),
                          Pair("gpt-4o_latency_ms", 1), Pair("gpt-4o_accuracy", 1), Pair("llama3:8b_latency_ms", 7)));
}

TEST_F(model_registry_adapter_test, probes_measure_and_repeat) {
  fake_http_server server{[](const fake_request&) -> fake_response { return {200, chat_completion("yes")}; }};
  probe_options probe;
  probe.base_url = server.url();
  probe.model = "org/model";
  probe.name = "probed";
  probe.questions = put_file(node.temp.path() / "q.jsonl", "{\"question\":\"q\",\"answer\":\"yes\"}\n"
                                                           "{\"question\":\"q\",\"answer\":\"no\"}\n");
  options.probes = {probe};
  push("probed", {{1e6, 0}});
  auto measured = measure(3);
  ASSERT_TRUE(measured) << text_of(measured.error());
  auto metrics = (*measured)->getMetrics();
  ASSERT_EQ(metrics.size(), 2u);
  EXPECT_EQ(metrics[0].getName(), "probed_latency_ms");
  EXPECT_EQ(metrics[0].getSamples().size(), 6u);
  EXPECT_LT(metrics[0].getValue(), 1e6);
  EXPECT_EQ(metrics[1].getValue(), 0.5);
}

TEST_F(model_registry_adapter_test, a_failing_source_is_an_error_that_names_it) {
  push("m", {{1, 1}});
  auto error = [&] {
    auto measured = measure();
    return measured ? std::string{"no error"} : text_of(measured.error());
  };
  options.file = node.temp.path() / "absent.json";
  EXPECT_THAT(error(), HasSubstr("absent.json is missing"));
  options.file = put_file(node.temp.path() / "odd.json", R"({"models": {"m": {"latency_ms": -1}}})");
  EXPECT_THAT(error(), HasSubstr("odd.json: /models/m/latency_ms must be at least 0"));
  options.file.clear();
  fake_http_server server{[](const fake_request& request) -> fake_response {
    return request.head.find("/hang") != std::string::npos ? fake_response{.hang = true} : fake_response{500, "sorry"};
  }};
  options.url = server.url() + "/figures";
  EXPECT_THAT(error(), HasSubstr("/figures answered 500: sorry"));
  options.url = "ftp://example.org/";
  EXPECT_THAT(error(), HasSubstr("url must start with"));
  options.url.clear();
  probe_options probe;
  probe.base_url = server.url() + "/hang";
  probe.model = "slow";
  probe.request_timeout = std::chrono::milliseconds{20};
  options.probes = {probe};
  EXPECT_THAT(error(), HasSubstr("probe slow: "));
  options.probes = {probe, probe};
  EXPECT_THAT(error(), HasSubstr("used twice"));
}

TEST_F(model_registry_adapter_test, a_hanging_probe_ends_with_its_adapter) {
  std::atomic<bool> asked = false;
  fake_http_server server{[&](const fake_request&) -> fake_response {
    asked = true;
    asked.notify_all();
    return {.hang = true};
  }};
  probe_options probe;
  probe.base_url = server.url();
  probe.model = "m";
  probe.request_timeout = std::chrono::hours{1};
  options.probes = {probe};
  options.timeout = std::chrono::hours{1};
  auto adapter = spawn_model_registry_adapter(node.tests.system(), {node.db}, options);
  node.tests.client()->send(adapter, msg<wire::MeasureRequest>{});
  asked.wait(false);
  caf::anon_send_exit(adapter, caf::exit_reason::kill);
  // Ending the actor system waits for the worker, so this ends only if the worker was cancelled.
}

TEST_F(model_registry_adapter_test, the_largest_store_still_fits_into_a_measurement) {
  write_set writes;
  auto full = msg<wire::ModelInput>::build([](wire::ModelInput::Builder out) {
    for (auto observation : out.initObservations(defaults::max_observations)) {
      observation.setLatencyMs(1.5);
      observation.setAccuracy(0.5);
    }
  });
  for (size_t i = 0; i < defaults::max_models; ++i) {
    auto id = std::to_string(i);
    input_store::put_model(writes, "m" + std::string(63 - id.size(), '0') + id, full);
  }
  ASSERT_FALSE(node.db->write(writes));
  auto measured = measure();
  ASSERT_TRUE(measured) << text_of(measured.error());
  EXPECT_EQ((*measured)->getMetrics().size(), 2 * defaults::max_models);
  auto loaded = msg<wire::Measurement>::load((*measured).bytes());
  EXPECT_TRUE(loaded) << text_of(loaded.error());
}

} // namespace
} // namespace hive
