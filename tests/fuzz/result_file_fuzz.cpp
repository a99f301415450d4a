// Result files of benchmarks, each read in every format.
//
// Promises: no text crashes a reader or makes it slow. A measurement has at least one metric with a value; every name
// is unique and fits, every sample is finite, and a value with samples lies among them. A refusal gives its reason.

#include "actors/benchmark/reports/result_file.hpp"
#include "messages/check.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace {

using namespace hive;

void check_metric(wire::Metric::Reader metric, std::set<std::string>& names) {
  fuzz::require(metric.getName().size() > 0 && metric.getName().size() <= 256, "a name is bounded");
  fuzz::require(names.emplace(as_view(metric.getName())).second, "a name is unique");
  fuzz::require(metric.getUnit().size() <= 32, "a unit is bounded");
  fuzz::require(metric.getSamples().size() <= 10'000, "samples are bounded");
  for (auto sample : metric.getSamples())
    fuzz::require(std::isfinite(sample), "a sample is a number");
}

void check(const caf::expected<msg<wire::Measurement>>& read) {
  if (!read) {
    fuzz::require(!text_of(read.error()).empty(), "a refusal says why");
    return;
  }
  std::set<std::string> names;
  bool has_value = false;
  for (auto metric : (*read)->getMetrics()) {
    check_metric(metric, names);
    has_value |= std::isfinite(metric.getValue());
  }
  fuzz::require(has_value || (*read)->getSkipped().size() > 0, "a measurement has a value or a reason");
  fuzz::require(!hive::check(capnp::DynamicStruct::Reader{**read}), "a measurement follows its schema");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = hive::fuzz::text_of(data, size);
  for (const char* format :
       {"", "metrics", "pytest-benchmark", "google-benchmark", "hyperfine", "criterion", "junit", "go"})
    check(read_result_file(text, format));
  std::vector<criterion_file> files{{"a/new/sample.json", std::string{text}}, {"new/benchmark.json", "{}"}};
  check(read_criterion_files(files));
  files = {{"a/new/benchmark.json", std::string{text}}, {"a/new/sample.json", R"({"iters":[1,2],"times":[3,4]})"}};
  check(read_criterion_files(files));
  return 0;
}
