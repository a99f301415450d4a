#include "gpu/qwen_encoder/measure.hpp"

#include "gpu/kernels/host.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace hive::qwen {
namespace {

constexpr int reference_passes = 5;
constexpr double tera = 1e12;

std::vector<heavy::figure> figures_of(const shape& sizes, const extent& input, double pass_s) {
  using heavy::better;
  return {{"tokens_per_second", static_cast<double>(input.rows()) / pass_s, better::higher, "tok/s"},
          {"tflops", flops_of(sizes, input) / pass_s / tera, better::higher, "TFLOP/s", false}};
}

std::string size_text(const shape& sizes, const extent& input) {
  return std::to_string(input.batch) + " sequences of " + std::to_string(input.tokens) + " tokens, " +
         std::to_string(sizes.layers) + " layers of width " + std::to_string(sizes.hidden);
}

std::string number_text(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.3g", value);
  return out;
}

template <class T>
std::vector<T> encode(const extent& input, uint64_t seed) {
  kernels::host_backend<T> on;
  encoder<kernels::host_backend<T>> model{on, tiny, input, seed};
  model.forward();
  return model.output();
}

} // namespace

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

heavy::result report(const device_request& request, const device_report& found) {
  if (!found.skipped.empty())
    return heavy::skip(found.skipped);
  heavy::result out;
  out.figures = figures_of(request.sizes, request.input, median(found.passes_s));
  out.note = size_text(request.sizes, request.input) + ", bf16, seed " + std::to_string(request.seed) + ", median of " +
             std::to_string(found.passes_s.size()) + " passes on " + found.device + ", cuBLASLt " + found.library +
             ", " + std::to_string(found.memory_bytes >> 20) +
             " MiB allocated; the tiny shape differs from the CPU by " + number_text(found.difference) +
             "; measured by hive-qwen-encoder";
  return out;
}

heavy::result run_reference(const extent& input, uint64_t seed, const std::stop_token& stop) {
  using clock = std::chrono::steady_clock;
  using backend = kernels::host_backend<kernels::bf16>;
  backend on;
  encoder<backend> model{on, tiny, input, seed};
  std::vector<double> passes_s;
  for (int i = 0; i < reference_passes && !stop.stop_requested(); ++i) {
    auto begin = clock::now();
    model.forward();
    passes_s.push_back(std::chrono::duration<double>(clock::now() - begin).count());
  }
  heavy::result out;
  if (stop.stop_requested())
    return out;
  out.scope = heavy::simulated;
  out.figures = figures_of(tiny, input, median(passes_s));
  out.note = "CPU reference, " + size_text(tiny, input) + ", bf16, seed " + std::to_string(seed) +
             "; it differs from double precision by " +
             number_text(relative_difference(model.output(), encode<double>(input, seed))) +
             "; measured by hive-qwen-encoder";
  return out;
}

} // namespace hive::qwen
