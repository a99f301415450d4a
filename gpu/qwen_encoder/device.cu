#include "gpu/qwen_encoder/device.hpp"

#include "gpu/kernels/cuda_backend.cuh"
#include "gpu/kernels/host.hpp"
#include "gpu/qwen_encoder/cublaslt.cuh"

namespace hive::qwen {
namespace {

using kernels::bf16;

/// Until clocks and caches have settled.
constexpr int warm_up_passes = 5;
constexpr int least_passes = 20;
/// Long enough for the clocks of a loaded device to show, short enough for a lease.
constexpr double least_seconds = 5;
constexpr int most_passes = 2000;

/// bf16 has 8 bits: the tiny shape's results differ by about a percent, and by more than 1 where a step is wrong.
constexpr double largest_difference = .1;

/// The steps of the model on the selected device.
class device_backend : public kernels::cuda_backend<bf16> {
public:
  explicit device_backend(cublaslt& library) : library_{library} {
  }

  void multiply(const kernels::gemm& what, const bf16* a, const bf16* b, bf16* c, const bf16* bias) {
    library_.multiply(what, a, b, c, bias);
  }

private:
  cublaslt& library_;
};

/// What the device computes differs from the CPU by no more than rounding.
double check_tiny(cublaslt& library, uint64_t seed) {
  constexpr extent input{2, 24};
  device_backend on{library};
  encoder<device_backend> model{on, tiny, input, seed};
  model.forward();
  kernels::host_backend<double> host;
  encoder<kernels::host_backend<double>> reference{host, tiny, input, seed};
  reference.forward();
  auto out = relative_difference(model.output(), reference.output());
  if (!(out <= largest_difference))
    throw std::runtime_error{"the device's result differs from the CPU's by " + std::to_string(out) +
                             " of its size, which rounding does not explain"};
  return out;
}

double seconds_of_pass(encoder<device_backend>& model) {
  kernels::device_event begin;
  kernels::device_event end;
  begin.record();
  model.forward();
  end.record();
  return end.ms_since(begin) / 1000.;
}

std::vector<double> time_passes(encoder<device_backend>& model, const std::function<bool()>& stopped) {
  for (int i = 0; i < warm_up_passes && !stopped(); ++i)
    seconds_of_pass(model);
  std::vector<double> out;
  double total = 0;
  while (!stopped() && out.size() < most_passes && (out.size() < least_passes || total < least_seconds)) {
    out.push_back(seconds_of_pass(model));
    total += out.back();
  }
  return out;
}

} // namespace

device_report run_on_device(const device_request& request) {
  device_report out;
  auto device = kernels::choose_device();
  out.skipped = device.skipped;
  if (!out.skipped.empty())
    return out;
  cublaslt library;
  out.skipped = library.load(request.cublaslt);
  if (!out.skipped.empty())
    return out;
  library.open();
  out.device = device.text;
  out.library = library.version();
  out.difference = check_tiny(library, request.seed);
  device_backend on{library};
  encoder<device_backend> model{on, request.sizes, request.input, request.seed};
  out.passes_s = time_passes(model, request.stopped);
  out.memory_bytes = on.bytes();
  return out;
}

} // namespace hive::qwen
