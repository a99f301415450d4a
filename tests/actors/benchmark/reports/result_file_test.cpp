#include "actors/benchmark/reports/result_file.hpp"

#include "messages/ec.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/text.hpp"
#include "tests/paths.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>
#include <numeric>

namespace hive {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Contents of a file in tests/data/result_files, whose README says what made it.
std::string recorded(const std::string& name) {
  std::ifstream file{HIVE_TEST_DATA "/result_files/" + name, std::ios::binary};
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// `name unit direction samples` per metric, or the error.
std::vector<std::string> told(const caf::expected<msg<wire::Measurement>>& read) {
  std::vector<std::string> out;
  if (!read)
    return {text_of(read.error())};
  for (auto metric : (*read)->getMetrics())
    out.push_back(std::string{as_view(metric.getName())} + " " + std::string{as_view(metric.getUnit())} +
                  (metric.getDirection() == wire::Direction::LOWER ? " lower " : " higher ") +
                  std::to_string(metric.getSamples().size()));
  return out;
}

std::string reason(const caf::expected<msg<wire::Measurement>>& read) {
  return read ? "" : text_of(read.error());
}

std::string note_of(const caf::expected<msg<wire::Measurement>>& read) {
  return read ? std::string{as_view((*read)->getNote())} : "";
}

/// The samples of a metric; empty when there is no such one.
std::vector<double> samples_of(const caf::expected<msg<wire::Measurement>>& read, std::string_view name) {
  std::vector<double> out;
  if (read)
    for (auto metric : (*read)->getMetrics())
      if (as_view(metric.getName()) == name)
        for (auto sample : metric.getSamples())
          out.push_back(sample);
  return out;
}

/// Every metric's value is the mean of its samples.
void expect_means(const caf::expected<msg<wire::Measurement>>& read) {
  ASSERT_TRUE(read) << text_of(read.error());
  for (auto metric : (*read)->getMetrics()) {
    auto samples = samples_of(read, as_view(metric.getName()));
    ASSERT_GT(samples.size(), 0u);
    auto mean = std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
    EXPECT_NEAR(metric.getValue(), mean, std::abs(mean) * 1e-12) << as_view(metric.getName());
  }
}

TEST(result_file, reads_pytest_benchmark) {
  auto read = read_result_file(recorded("pytest_benchmark.json"));
  EXPECT_THAT(told(read), ElementsAre("test_speed.py::test_sum ms lower 20", "test_speed.py::test_sort[10] ms lower 10",
                                      "test_speed.py::test_sort[100] ms lower 10"));
  expect_means(read);
  // The file's own mean of this function is 6.07 µs, in seconds.
  auto samples = samples_of(read, "test_speed.py::test_sum");
  EXPECT_GT(*std::min_element(samples.begin(), samples.end()), 0.0001);
  EXPECT_LT(*std::max_element(samples.begin(), samples.end()), 10);
}

TEST(result_file, reads_pytest_benchmark_without_its_data) {
  auto text = R"({"machine_info":{},"benchmarks":[{"fullname":"a.py::b","stats":{"mean":0.25,"rounds":3}}]})";
  EXPECT_THAT(samples_of(read_result_file(text), "a.py::b"), ElementsAre(250));
}

TEST(result_file, reads_google_benchmark) {
  auto read = read_result_file(recorded("google_benchmark.json"));
  EXPECT_THAT(told(read), ElementsAre("copy/64 ms lower 1", "copy/64.bytes_per_second B/s higher 1",
                                      "copy/4096 ms lower 1", "copy/4096.bytes_per_second B/s higher 1",
                                      "busy ms lower 1", "busy.items_per_second items/s higher 1"));
  EXPECT_THAT(note_of(read), HasSubstr("counter depth"));
}

TEST(result_file, takes_the_repetitions_of_google_benchmark_as_samples_and_its_mean_without_them) {
  auto repeated = read_result_file(recorded("google_repeated.json"));
  EXPECT_THAT(told(repeated), ElementsAre("copy/64 ms lower 4", "copy/64.bytes_per_second B/s higher 4",
                                          "copy/4096 ms lower 4", "copy/4096.bytes_per_second B/s higher 4",
                                          "busy ms lower 4", "busy.items_per_second items/s higher 4"));
  expect_means(repeated);
  EXPECT_THAT(told(read_result_file(recorded("google_aggregates.json"))),
              ElementsAre("busy ms lower 1", "busy.items_per_second items/s higher 1"));
}

TEST(result_file, converts_the_units_of_google_benchmark) {
  for (auto [unit, ms] : {std::pair{"ns", 0.0005}, {"us", 0.5}, {"ms", 500.0}, {"s", 500'000.0}}) {
    auto text =
      R"({"context":{},"benchmarks":[{"name":"a","real_time":500,"time_unit":")" + std::string{unit} + "\"}]}";
    EXPECT_THAT(samples_of(read_result_file(text), "a"), ElementsAre(ms)) << unit;
  }
  auto parsecs = read_result_file(R"({"context":{},"benchmarks":[{"name":"a","real_time":1,"time_unit":"pc"}]})");
  EXPECT_THAT(reason(parsecs), AllOf(HasSubstr("/benchmarks/0"), HasSubstr("\"pc\"")));
}

TEST(result_file, names_the_benchmark_that_failed) {
  auto google = read_result_file(recorded("google_error.json"));
  ASSERT_FALSE(google);
  EXPECT_EQ(code_of(google.error()), ec::process_failed);
  EXPECT_THAT(reason(google), AllOf(HasSubstr("broken"), HasSubstr("no such device"), HasSubstr("/benchmarks/3")));
  auto hyperfine = read_result_file(recorded("hyperfine_failed.json"));
  EXPECT_THAT(reason(hyperfine), AllOf(HasSubstr("\"exit 3\""), HasSubstr("status 3"), HasSubstr("/results/0")));
  auto killed = replaced(recorded("hyperfine_failed.json"), "3,\n", "null,\n");
  EXPECT_THAT(reason(read_result_file(killed)), HasSubstr("a signal ended"));
  auto go = read_result_file(recorded("go_bench_failed.txt"));
  EXPECT_THAT(reason(go), HasSubstr("--- FAIL: BenchmarkFails"));
  auto pytest = read_result_file(R"({"machine_info":{},"benchmarks":[{"fullname":"a.py::b","stats":null}]})");
  EXPECT_THAT(reason(pytest), HasSubstr("a.py::b"));
}

TEST(result_file, reads_hyperfine) {
  auto read = read_result_file(recorded("hyperfine.json"));
  EXPECT_THAT(told(read), ElementsAre("sleep 0.01 ms lower 5", "true ms lower 5"));
  expect_means(read);
  for (auto sample : samples_of(read, "sleep 0.01"))
    EXPECT_GE(sample, 9);
  EXPECT_THAT(told(read_result_file(recorded("hyperfine_parameters.json"))),
              ElementsAre("sleep 0.001 ms lower 3", "sleep 0.002 ms lower 3"));
}

std::vector<criterion_file> criterion_folder() {
  std::vector<criterion_file> out;
  for (const char* benchmark : {"sum", "copy/vec/4096"})
    for (const char* name : {"benchmark.json", "estimates.json", "sample.json"}) {
      auto path = std::string{benchmark} + "/new/" + name;
      out.push_back({"target/criterion/" + path, recorded("criterion/" + path)});
    }
  out.push_back({"target/criterion/sum/base/sample.json", "{broken"});
  out.push_back({"target/criterion/sum/new/tukey.json", "[1]"});
  return out;
}

TEST(result_file, reads_the_folder_of_criterion) {
  auto read = read_criterion_files(criterion_folder());
  EXPECT_THAT(told(read),
              ElementsAre("copy/vec/4096 ms lower 10", "copy/vec/4096.throughput B/s higher 10", "sum ms lower 10"));
  expect_means(read);
}

TEST(result_file, reads_the_messages_of_cargo_criterion_as_its_folder) {
  auto folder = read_criterion_files(criterion_folder());
  auto messages = read_result_file("   Compiling speed v0.1.0\n" + recorded("criterion_messages.txt"));
  ASSERT_TRUE(messages) << text_of(messages.error());
  for (const char* name : {"sum", "copy/vec/4096", "copy/vec/4096.throughput"}) {
    EXPECT_EQ(samples_of(messages, name), samples_of(folder, name)) << name;
    EXPECT_EQ(samples_of(messages, name).size(), 10u) << name;
  }
}

TEST(result_file, reads_a_single_file_of_criterion) {
  auto samples = samples_of(read_result_file(recorded("criterion/sum/new/sample.json")), "time");
  EXPECT_EQ(samples, samples_of(read_criterion_files(criterion_folder()), "sum"));
  EXPECT_THAT(told(read_result_file(recorded("criterion/sum/new/estimates.json"))), ElementsAre("time ms lower 1"));
}

TEST(result_file, refuses_samples_of_criterion_that_do_not_fit_each_other) {
  EXPECT_THAT(reason(read_result_file(R"({"iters":[1,2],"times":[3]})")), HasSubstr("/times"));
  EXPECT_THAT(reason(read_result_file(R"({"iters":[1,0],"times":[3,4]})")), HasSubstr("/iters"));
  std::vector<criterion_file> files{{"a/new/sample.json", R"({"iters":[1],"times":["x"]})"}};
  EXPECT_THAT(reason(read_criterion_files(files)), HasSubstr("a/new/sample.json/times/0"));
  files = {{"a/new/benchmark.json", R"({"full_id":"a"})"}};
  EXPECT_THAT(reason(read_criterion_files(files)), HasSubstr("neither sample.json nor estimates.json"));
  EXPECT_EQ(code_of(read_criterion_files({}).error()), ec::no_data);
}

TEST(result_file, reads_the_output_of_go) {
  auto read = read_result_file(recorded("go_bench.txt"));
  EXPECT_THAT(told(read),
              ElementsAre("BenchmarkRepeat ms lower 3", "BenchmarkRepeat.B_per_op B/op lower 3",
                          "BenchmarkRepeat.allocs_per_op allocs/op lower 3", "BenchmarkCopy ms lower 3",
                          "BenchmarkCopy.MB_per_s MB/s higher 3", "BenchmarkSizes/small ms lower 3",
                          "BenchmarkSizes/small.rows_per_s rows/s higher 3", "BenchmarkSizes/large ms lower 3",
                          "BenchmarkSizes/large.rows_per_s rows/s higher 3"));
  EXPECT_THAT(samples_of(read, "BenchmarkRepeat.B_per_op"), ElementsAre(112, 112, 112));
  EXPECT_THAT(note_of(read), HasSubstr("unit depth"));
  expect_means(read);
  auto verbose = read_result_file(recorded("go_bench_v.txt"));
  EXPECT_EQ(told(verbose).size(), told(read).size());
  EXPECT_EQ(told(verbose).front(), "BenchmarkRepeat ms lower 1");
}

TEST(result_file, names_the_packages_of_go_where_there_are_several) {
  EXPECT_THAT(told(read_result_file(recorded("go_bench_packages.txt"))),
              ElementsAre("example.com/speed.BenchmarkCopy ms lower 1",
                          "example.com/speed.BenchmarkCopy.MB_per_s MB/s higher 1",
                          "example.com/speed/second.BenchmarkCopy ms lower 1"));
}

TEST(result_file, finds_the_result_of_a_go_benchmark_that_prints) {
  EXPECT_THAT(told(read_result_file(recorded("go_bench_prints.txt"))), ElementsAre("BenchmarkPrints ms lower 1"));
}

TEST(result_file, refuses_the_output_of_go_that_did_not_end) {
  auto text = recorded("go_bench.txt");
  EXPECT_THAT(reason(read_result_file(text.substr(0, text.find("PASS")))), HasSubstr("did not end"));
  auto cut = text.substr(0, text.find("187.7")) + "\n";
  EXPECT_THAT(reason(read_result_file(cut)), AllOf(HasSubstr("BenchmarkRepeat-2"), HasSubstr("did not end")));
}

TEST(result_file, keeps_the_names_of_go_whose_endings_differ) {
  auto text = "pkg: p\nBenchmarkA/10-8 1 5 ns/op\nBenchmarkA/x-16 1 5 ns/op\nPASS\n";
  EXPECT_THAT(told(read_result_file(text)), ElementsAre("BenchmarkA/10-8 ms lower 1", "BenchmarkA/x-16 ms lower 1"));
}

TEST(result_file, reads_junit_as_the_regression_adapter_does) {
  auto text = R"(<testsuite name="s" tests="4" failures="1"><testcase name="a"/><testcase name="b"/>
                 <testcase name="c"/><testcase name="broken"><failure message="no"/></testcase></testsuite>)";
  auto read = read_result_file(text);
  EXPECT_THAT(told(read), ElementsAre("test_pass_rate ratio higher 1", "test_fail_count count lower 1"));
  EXPECT_THAT(samples_of(read, "test_pass_rate"), ElementsAre(0.75));
  EXPECT_THAT(note_of(read), HasSubstr("broken"));
  EXPECT_EQ(code_of(read_result_file("<testsuite name='s'/>").error()), ec::no_data);
}

TEST(result_file, reads_metrics_alone_or_as_a_command_prints_them) {
  auto plain = R"({"latency": {"value": 2.5, "direction": "lower", "unit": "ms", "samples": [2, 3]},
                   "metrics": {"value": 1, "direction": "higher"}})";
  EXPECT_THAT(told(read_result_file(plain)), ElementsAre("latency ms lower 2", "metrics  higher 0"));
  auto wrapped = R"({"metrics": {"rate": {"value": 3, "direction": "higher", "unit": "x/s"}}, "note": "warm"})";
  auto read = read_result_file(wrapped, "metrics");
  EXPECT_THAT(told(read), ElementsAre("rate x/s higher 0"));
  EXPECT_EQ(note_of(read), "warm");
}

TEST(result_file, names_the_place_of_what_a_metric_lacks) {
  EXPECT_THAT(reason(read_result_file(R"({"a": {"value": 1}})")), AllOf(HasSubstr("/a"), HasSubstr("direction")));
  EXPECT_THAT(reason(read_result_file(R"({"a": {"value": "x", "direction": "lower"}})")), HasSubstr("/a/value"));
  EXPECT_THAT(reason(read_result_file(R"({"a": 1})")), HasSubstr("/a"));
  EXPECT_THAT(reason(read_result_file(R"({"a": {"value": 1, "direction": "lower"}, })")), HasSubstr("column 43"));
}

TEST(result_file, refuses_what_measures_nothing) {
  for (const char* text : {"", " \n", "{}", R"({"metrics":{}})", R"({"machine_info":{},"benchmarks":[]})",
                           R"({"context":{},"benchmarks":[]})", R"({"results":[]})", "goos: linux\nPASS\n",
                           R"({"a": {"value": null, "direction": "lower"}})", R"({"reason":"group-complete"})"}) {
    auto read = read_result_file(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(code_of(read.error()), ec::no_data) << text << ": " << text_of(read.error());
  }
}

TEST(result_file, refuses_names_that_appear_twice) {
  auto text = R"({"results":[{"command":"a","times":[1]},{"command":"a","times":[2]}]})";
  EXPECT_THAT(reason(read_result_file(text)), AllOf(HasSubstr("/results/1"), HasSubstr("a second time")));
}

TEST(result_file, makes_long_names_fit_and_keeps_them_apart) {
  auto of = [](char last) { return R"({"command":")" + std::string(400, 'n') + last + R"(","times":[1]})"; };
  auto read = read_result_file(R"({"results":[)" + of('a') + "," + of('b') + "]}");
  ASSERT_TRUE(read) << text_of(read.error());
  std::vector<std::string> names;
  for (auto metric : (*read)->getMetrics())
    names.emplace_back(as_view(metric.getName()));
  ASSERT_EQ(names.size(), 2u);
  EXPECT_NE(names[0], names[1]);
  EXPECT_LE(names[0].size(), 256u);
}

TEST(result_file, refuses_numbers_that_are_none) {
  for (const char* times : {"[1e999]", "[-1]", "[\"1\"]", "[]", "[1e308, 1e308]", "7", "null"}) {
    auto read = read_result_file(R"({"results":[{"command":"a","times":)" + std::string{times} + "}]}");
    EXPECT_FALSE(read) << times;
    EXPECT_THAT(reason(read), HasSubstr("hyperfine's file")) << times;
  }
}

TEST(result_file, thins_more_samples_than_a_metric_takes_and_says_so) {
  std::string times;
  for (int i = 0; i < 20'001; ++i)
    times += (i ? "," : "") + std::to_string(i);
  auto read = read_result_file(R"({"results":[{"command":"a","times":[)" + times + "]}]}");
  auto samples = samples_of(read, "a");
  ASSERT_EQ(samples.size(), 10'000u);
  EXPECT_EQ(samples.front(), 0);
  EXPECT_EQ(samples.back(), 20'000'000);
  EXPECT_THAT(note_of(read), AllOf(HasSubstr("10000 evenly chosen samples"), HasSubstr("20001")));
}

TEST(result_file, refuses_what_is_larger_than_it_reads) {
  std::string large(max_result_file_bytes + 1, ' ');
  for (const char* format : {"", "metrics", "go", "junit"})
    EXPECT_EQ(code_of(read_result_file(large, format).error()), ec::too_large) << format;
}

TEST(result_file, refuses_unknown_formats_and_texts) {
  EXPECT_THAT(reason(read_result_file("{}", "csv")), AllOf(HasSubstr("csv"), HasSubstr("google-benchmark")));
  EXPECT_THAT(reason(read_result_file("name,value\na,1\n")), HasSubstr("no known format"));
  // The format that is asked for is the one that is read.
  EXPECT_THAT(reason(read_result_file(recorded("hyperfine.json"), "google-benchmark")), HasSubstr("\"benchmarks\""));
}

} // namespace
} // namespace hive
