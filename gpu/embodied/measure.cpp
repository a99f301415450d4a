#include "gpu/embodied/measure.hpp"

#include "gpu/kernels/host.hpp"

#include <cstdio>
#include <numeric>
#include <sys/resource.h>

namespace hive::embodied {
namespace {

constexpr double mega = 1e6;

std::string size_text(const curriculum& what) {
  char out[256];
  std::snprintf(
    out, sizeof out,
    "%zu tasks of %zu steps of %d samples, %d classes in %d dimensions, %d hidden units, seed %llu; the best "
    "possible accuracy is %.4f, chance %.4f",
    what.tasks, what.steps, what.learner.batch, what.task.classes, what.task.inputs, what.learner.hidden,
    static_cast<unsigned long long>(what.seed), bayes_accuracy(what.task), 1. / what.task.classes);
  return out;
}

} // namespace

size_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

std::vector<heavy::figure> figures_of(const outcome& learned, size_t ram_bytes, size_t device_bytes) {
  using heavy::better;
  const auto& steps = learned.steps_ms;
  auto mean_ms = std::accumulate(steps.begin(), steps.end(), 0.) / static_cast<double>(steps.size());
  return {{"mean_latency_ms", mean_ms, better::lower, "ms"},
          {"forgetting", forgetting(learned.accuracy), better::lower, "ratio"},
          {"ram_mb", static_cast<double>(ram_bytes) / mega, better::lower, "MB"},
          {"vram_mb", static_cast<double>(device_bytes) / mega, better::lower, "MB"},
          {"average_accuracy", average_accuracy(learned.accuracy), better::higher, "ratio"},
          {"backward_transfer", backward_transfer(learned.accuracy), better::higher, "ratio"},
          {"learning_accuracy", learning_accuracy(learned.accuracy), better::higher, "ratio"}};
}

heavy::result report(const curriculum& what, const device_report& found) {
  if (!found.skipped.empty())
    return heavy::skip(found.skipped);
  heavy::result out;
  out.figures = figures_of(found.learned, peak_memory(), found.memory_bytes);
  char difference[32];
  std::snprintf(difference, sizeof difference, "%.3g", found.difference);
  out.note = size_text(what) + "; on " + found.device + "; the tiny curriculum differs from the CPU by " + difference +
             "; measured by hive-embodied";
  return out;
}

heavy::result run_reference(uint64_t seed, const std::stop_token& stop) {
  auto what = tiny;
  what.seed = seed;
  kernels::host_backend<float> on;
  auto learned = run_curriculum(on, what, [&] { return stop.stop_requested(); });
  heavy::result out;
  if (stop.stop_requested())
    return out;
  out.scope = heavy::simulated;
  out.figures = figures_of(learned, peak_memory(), on.bytes());
  out.note = "CPU reference, " + size_text(what) + "; measured by hive-embodied";
  return out;
}

} // namespace hive::embodied
