// hive-embodied: how fast a continual learner learns on a GPU, how much it forgets, and how much memory it takes.

#include "gpu/embodied/measure.hpp"
#include "gpu/heavy/command_line.hpp"
#include "gpu/heavy/hevolveai.hpp"
#include "gpu/heavy/program.hpp"

namespace hive::embodied {
namespace {

constexpr const char* name = "hive-embodied";
constexpr const char* description =
  "Teaches a small perceptron five tasks, one after the other, on the one GPU that CUDA_VISIBLE_DEVICES shows, and "
  "measures what it keeps of the earlier ones. Prints one JSON object with the metrics; docs/reference/benchmarks.md "
  "explains them.";
constexpr const char* footer = "Example: CUDA_VISIBLE_DEVICES=GPU-… hive-embodied --seed 7\n"
                               "Exit status: 0 measured or skipped, 1 failed, 64 wrong option, 143 stopped.";

/// HART OS imports ForgettingBenchmark too, and does not use it; its interface is not known.
constexpr const char* package_script = R"py(
from hevolveai.embodied_ai.validation.benchmark import ForgettingBenchmark, MemoryBenchmark, PerformanceBenchmark
add("mean_latency_ms", PerformanceBenchmark().run()["mean_latency_ms"], "lower", "ms")
add("ram_mb", MemoryBenchmark().run()["ram_mb"], "lower", "MB")
)py";

struct options {
  bool reference = false;
  uint64_t seed = 1;
  heavy::package_options package;

  void add_to(heavy::command_line& line) {
    line.flag("--reference", reference, "Run the kernels on the CPU at a tiny size; the result is marked simulated");
    line.count("--seed", seed, 0, UINT32_MAX, "Seed of the tasks and the first weights");
    package.add_to(line);
  }
};

caf::expected<heavy::result> measure(const options& given, const std::stop_token& stop) {
  if (given.reference)
    return run_reference(given.seed, stop);
  auto by_package = heavy::measure_with_package(given.package, package_script, {}, stop);
  if (!by_package)
    return by_package.error();
  if (*by_package) {
    (*by_package)->note = "measured by hevolveai's PerformanceBenchmark and MemoryBenchmark, which tell nothing of "
                          "forgetting; --own measures with hive-embodied";
    return std::move(**by_package);
  }
  curriculum what;
  what.seed = given.seed;
  return report(what, run_on_device(what, [&] { return stop.stop_requested(); }));
}

} // namespace
} // namespace hive::embodied

int main(int argc, char** argv) {
  using namespace hive;
  embodied::options given;
  heavy::command_line line{embodied::name, embodied::description, embodied::footer};
  given.add_to(line);
  if (auto status = line.parse(argc, argv))
    return *status;
  return heavy::run_program(embodied::name, [&](std::stop_token stop) { return embodied::measure(given, stop); });
}
