// Starting a command in a sandbox, from the request to its end, beside starting the same command without one.
//
// sandbox_start: runs `true`. `plain` has no sandbox. `bubblewrap` is what bubblewrap does by itself, with limits of
// each
//   process. `sandbox` is what the runner does: a control group, a user of its own, its directories staged and given to
//   it, the filter of system calls, and the end of all that. Does not measure the runner's actors, a work directory
//   with files that change their owner, nor several starts at once.

#include "actors/process/sandbox_host.hpp"
#include "messages/ec.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <functional>
#include <stdexcept>

namespace hive {
namespace {

using clock = std::chrono::steady_clock;

void expect_success(const caf::expected<process_result>& result) {
  if (!result)
    throw std::runtime_error(text_of(result.error()));
  if (result->exit_status != 0)
    throw std::runtime_error("the command failed: " + result->errors);
}

/// Median and 95th percentile beside the mean, which a busy machine makes useless.
void measure(benchmark::State& state, const std::function<void()>& once) {
  std::vector<double> times;
  for (auto _ : state) {
    auto begin = clock::now();
    once();
    times.push_back(std::chrono::duration<double, std::milli>(clock::now() - begin).count());
  }
  std::sort(times.begin(), times.end());
  state.counters["median_ms"] = times[times.size() / 2];
  state.counters["p95_ms"] = times[times.size() * 95 / 100];
}

process_options plain(std::vector<std::string> command) {
  process_options out;
  out.command = std::move(command);
  return out;
}

sandbox::options work_in(const temporary_directory& directory) {
  return {.binds = {{directory.path(), "/work", true}}, .workdir = "/work"};
}

void sandbox_start_plain(benchmark::State& state) {
  auto cancel = cancellation::create();
  measure(state, [&] { expect_success(run_process(plain({"true"}), *cancel)); });
}

void sandbox_start_bubblewrap(benchmark::State& state) {
  auto cancel = cancellation::create();
  temporary_directory directory;
  auto options = plain(sandbox::command_line(work_in(directory), {"true"}));
  options.status_channel = true;
  measure(state, [&] { expect_success(run_process(options, *cancel)); });
}

void sandbox_start_sandbox(benchmark::State& state) {
  auto cancel = cancellation::create();
  temporary_directory directory;
  sandbox::host host{{}};
  std::string bounded_by;
  measure(state, [&] {
    auto prepared = host.prepare(work_in(directory), plain({"true"}));
    if (!prepared)
      throw std::runtime_error(text_of(prepared.error()));
    expect_success(run_process((*prepared)->process(), *cancel));
    bounded_by = (*prepared)->bounded_by();
  });
  state.SetLabel(bounded_by);
}

BENCHMARK(sandbox_start_plain)->Name("sandbox_start/plain")->Unit(benchmark::kMillisecond)->Iterations(200);
BENCHMARK(sandbox_start_bubblewrap)->Name("sandbox_start/bubblewrap")->Unit(benchmark::kMillisecond)->Iterations(200);
BENCHMARK(sandbox_start_sandbox)->Name("sandbox_start/sandbox")->Unit(benchmark::kMillisecond)->Iterations(200);

} // namespace
} // namespace hive
