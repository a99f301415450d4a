// hive-qwen-encoder: how many tokens per second a GPU encodes with the blocks of Qwen2-0.5B.

#include "gpu/heavy/command_line.hpp"
#include "gpu/heavy/hevolveai.hpp"
#include "gpu/heavy/program.hpp"
#include "gpu/qwen_encoder/llama_server.hpp"
#include "gpu/qwen_encoder/measure.hpp"
#include "messages/ec.hpp"
#include "platform/http_url.hpp"

#include <algorithm>

namespace hive::qwen {
namespace {

constexpr const char* name = "hive-qwen-encoder";
constexpr const char* description =
  "Encodes with blocks of the shape of Qwen2-0.5B and seeded random weights, in bf16, on the one GPU that "
  "CUDA_VISIBLE_DEVICES shows; or measures a llama.cpp server. Prints one JSON object with the metrics; "
  "docs/reference/benchmarks.md explains them.";
constexpr const char* footer = "Example: CUDA_VISIBLE_DEVICES=GPU-… hive-qwen-encoder --tokens 512 --batch 16\n"
                               "Exit status: 0 measured or skipped, 1 failed, 64 wrong option, 143 stopped.";

constexpr const char* package_script = R"py(
from hevolveai.embodied_ai.models.qwen_benchmark import benchmark_llamacpp
add("tokens_per_second", benchmark_llamacpp(server_url=sys.argv[1])["tokens_per_second"], "higher", "tok/s")
)py";

/// What a CPU encodes at the tiny shape in well under a second.
constexpr extent largest_reference{4, 64};

struct options {
  bool reference = false;
  uint64_t tokens = 512;
  uint64_t batch = 16;
  uint64_t seed = 1;
  std::string llama_url;
  std::string cublaslt;
  heavy::package_options package;

  void add_to(heavy::command_line& line) {
    line.flag("--reference", reference, "Run the kernels on the CPU at a tiny size; the result is marked simulated");
    line.count("--tokens", tokens, 1, 8192, "Tokens of a sequence, or of a prompt for a llama.cpp server");
    line.count("--batch", batch, 1, 1024, "Sequences of a pass");
    line.count("--seed", seed, 0, UINT32_MAX, "Seed of weights and input");
    line.text("--llama-url", llama_url, "Measure the llama.cpp server there, such as http://127.0.0.1:8080");
    line.text("--cublaslt", cublaslt, "File of cuBLASLt; without it, libcublasLt.so.13, .12 or .11");
    package.add_to(line);
  }
};

extent reference_extent(const options& given) {
  return {static_cast<int>(std::min<uint64_t>(given.batch, static_cast<uint64_t>(largest_reference.batch))),
          static_cast<int>(std::min<uint64_t>(given.tokens, static_cast<uint64_t>(largest_reference.tokens)))};
}

heavy::result measure_device(const options& given, const std::stop_token& stop) {
  device_request request;
  request.sizes = qwen2_half_b;
  request.input = {static_cast<int>(given.batch), static_cast<int>(given.tokens)};
  request.seed = given.seed;
  request.cublaslt = given.cublaslt;
  request.stopped = [stop] { return stop.stop_requested(); };
  return report(request, run_on_device(request));
}

caf::expected<heavy::result> measure_server(const options& given, const std::stop_token& stop) {
  if (auto error = http::check_url(given.llama_url, http::url_user::refused))
    return fail(code_of(error), "--llama-url " + text_of(error));
  auto by_package = heavy::measure_with_package(given.package, package_script, {given.llama_url}, stop);
  if (!by_package)
    return by_package.error();
  if (!*by_package)
    return measure_llama_server(given.llama_url, given.tokens, stop);
  (*by_package)->note =
    "measured by hevolveai's benchmark_llamacpp at " + given.llama_url + "; --own measures with hive-qwen-encoder";
  return std::move(**by_package);
}

caf::expected<heavy::result> measure(const options& given, const std::stop_token& stop) {
  if (given.reference)
    return run_reference(reference_extent(given), given.seed, stop);
  // The package's function measures a server, so without one there is nothing to prefer.
  if (!given.llama_url.empty())
    return measure_server(given, stop);
  return measure_device(given, stop);
}

} // namespace
} // namespace hive::qwen

int main(int argc, char** argv) {
  using namespace hive;
  qwen::options given;
  heavy::command_line line{qwen::name, qwen::description, qwen::footer};
  given.add_to(line);
  if (auto status = line.parse(argc, argv))
    return *status;
  return heavy::run_program(qwen::name, [&](std::stop_token stop) { return qwen::measure(given, stop); });
}
