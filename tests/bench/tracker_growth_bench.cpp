// How the tracker's costs grow, one row per cost: the processor time of one operation at several sizes, and the
// exponent e of the fit time ~ size^e over them. 0 is constant, 1 linear. Does not measure messages, disk and network,
// which do not depend on the sizes.
//
// record_by_records: counting a record and preparing its writes, after so many records in 1,000 cells.
// record_by_cells: the same in so many cells (one tool for one task type each).
// publication_by_cells: bringing the slots for other nodes up to date after two records, in so many cells.
// route_by_cells: which tool to use for a task type, with so many cells.
// slot_by_nodes: taking in a slot of another node in which one of 64 tools changed, when so many nodes told the same.
// route_by_nodes: which tool to use, when so many nodes told of it.

#include "actors/tracker/routing_answers.hpp"
#include "actors/tracker/shared_tools.hpp"
#include "actors/tracker/task_ledger.hpp"
#include "analysis/hive_statistics.hpp"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cmath>
#include <ctime>
#include <functional>
#include <limits>

namespace hive {
namespace {

constexpr uint64_t tools_per_task = 10;

std::string task_of(uint64_t cell) {
  return "task_type_" + std::to_string(cell / tools_per_task);
}

/// A ledger and the records that it gets.
class recorded_cells {
public:
  recorded_cells(uint64_t cells, uint64_t records) : cells_{cells} {
    for (uint64_t i = 0; i < records; ++i)
      record(i);
  }

  void record(uint64_t number) {
    record_.setTaskType(task_of(number % cells_));
    record_.setToolName("some_tool_" + std::to_string(number % tools_per_task));
    record_.setCompletionTimeS(1.5);
    record_.setSuccess(number % 3 != 0);
    write_set writes;
    ledger_.admit(record_, 1, writes);
    ledger_.seal(writes);
    benchmark::DoNotOptimize(writes);
  }

  uint64_t cells() const {
    return cells_;
  }

  task_ledger& ledger() {
    return ledger_;
  }

private:
  uint64_t cells_;
  task_ledger ledger_;
  capnp::MallocMessageBuilder message_;
  wire::TaskRecord::Builder record_ = message_.initRoot<wire::TaskRecord>();
};

/// Processor time of this thread in nanoseconds, which other processes change least.
double spent_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Time of one call, the least of 15 rounds of 10 ms.
double nanoseconds_of(const std::function<void(uint64_t)>& operation) {
  double least = std::numeric_limits<double>::max();
  uint64_t number = 0;
  for (int round = 0; round < 15; ++round) {
    auto begin = spent_ns();
    auto first = number;
    while (spent_ns() - begin < 1e7)
      operation(number++);
    least = std::min(least, (spent_ns() - begin) / static_cast<double>(number - first));
  }
  return least;
}

/// Least squares over the logarithms.
double exponent_of(const std::vector<std::pair<double, double>>& points) {
  double x = 0, y = 0, xx = 0, xy = 0;
  auto n = static_cast<double>(points.size());
  for (auto [size, time] : points) {
    auto a = std::log(size), b = std::log(time);
    x += a, y += b, xx += a * a, xy += a * b;
  }
  return (n * xy - x * y) / (n * xx - x * x);
}

/// `prepare` makes the operation whose time is measured.
void show_growth(benchmark::State& state, const std::vector<uint64_t>& sizes,
                 const std::function<std::function<void(uint64_t)>(uint64_t size)>& prepare) {
  std::vector<std::pair<double, double>> points;
  for (auto _ : state) {
    points.clear();
    for (auto size : sizes)
      points.emplace_back(size, nanoseconds_of(prepare(size)));
  }
  for (auto [size, time] : points)
    state.counters["ns_" + std::to_string(static_cast<uint64_t>(size))] = time;
  state.counters["exponent"] = exponent_of(points);
}

const std::vector<uint64_t> cell_counts{100, 1'000, 10'000, 50'000};
const std::vector<uint64_t> node_counts{1, 4, 16, 64, 256};

void record_by_records(benchmark::State& state) {
  show_growth(state, {1'000, 10'000, 100'000, 1'000'000}, [](uint64_t records) {
    auto held = std::make_shared<recorded_cells>(1'000, records);
    return [held, records](uint64_t number) { held->record(records + number); };
  });
}

void record_by_cells(benchmark::State& state) {
  show_growth(state, cell_counts, [](uint64_t cells) {
    auto held = std::make_shared<recorded_cells>(cells, cells);
    return [held](uint64_t number) { held->record(number * 7'919); };
  });
}

void publication_by_cells(benchmark::State& state) {
  show_growth(state, cell_counts, [](uint64_t cells) {
    auto held = std::make_shared<recorded_cells>(cells, cells);
    auto told = std::make_shared<shared_tools>([held](std::string_view task_type) {
      const auto* task = held->ledger().statistics().find(task_type);
      return task ? std::span{task->tools} : std::span<const analysis::tool_totals>{};
    });
    auto tell = [held, told](uint64_t) {
      for (const auto& task_type : held->ledger().take_changed_tasks())
        told->update(task_type);
      benchmark::DoNotOptimize(std::map{told->slots()}); // copied into the message
    };
    tell(0);
    return [held, tell](uint64_t number) {
      held->record(number * 7'919);
      held->record(number * 104'729);
      tell(number);
    };
  });
}

capnp::MallocMessageBuilder& route_message() {
  static capnp::MallocMessageBuilder message;
  return message;
}

wire::RouteQuery::Builder route_query() {
  static auto query = route_message().initRoot<wire::RouteQuery>();
  return query;
}

void route_by_cells(benchmark::State& state) {
  show_growth(state, cell_counts, [](uint64_t cells) {
    auto held = std::make_shared<recorded_cells>(cells, cells * 10);
    auto hive = std::make_shared<analysis::hive_tally>();
    return [held, hive](uint64_t number) {
      route_query().setTaskType(task_of(number * 7'919 % held->cells()));
      benchmark::DoNotOptimize(find_route(route_query(), {held->ledger().statistics(), *hive}, {}));
    };
  });
}

std::vector<analysis::learned_tool> slot_of(uint64_t changed) {
  std::vector<analysis::learned_tool> out;
  for (uint64_t i = 0; i < 64; ++i) {
    out.push_back({task_of(i), "some_tool_" + std::to_string(i % tools_per_task), {}});
    out.back().sums = analysis::sums_of_record(1'500'000, true);
    if (i == changed % 64)
      out.back().sums += analysis::sums_of_record(1'000'000 + changed, true);
  }
  return out;
}

std::shared_ptr<analysis::hive_tally> told_by(uint64_t nodes) {
  auto out = std::make_shared<analysis::hive_tally>();
  for (uint64_t node = 0; node < nodes; ++node)
    out->replace("node" + std::to_string(node), slot_of(node), "00");
  return out;
}

void slot_by_nodes(benchmark::State& state) {
  show_growth(state, node_counts, [](uint64_t nodes) {
    return [hive = told_by(nodes)](uint64_t number) { hive->replace("node0", slot_of(number), "00"); };
  });
}

void route_by_nodes(benchmark::State& state) {
  show_growth(state, node_counts, [](uint64_t nodes) {
    auto nothing = std::make_shared<analysis::tally>();
    return [hive = told_by(nodes), nothing](uint64_t number) {
      route_query().setTaskType(task_of(number % 64));
      benchmark::DoNotOptimize(find_route(route_query(), {*nothing, *hive}, {}));
    };
  });
}

BENCHMARK(record_by_records)->Iterations(1);
BENCHMARK(record_by_cells)->Iterations(1);
BENCHMARK(publication_by_cells)->Iterations(1);
BENCHMARK(route_by_cells)->Iterations(1);
BENCHMARK(slot_by_nodes)->Iterations(1);
BENCHMARK(route_by_nodes)->Iterations(1);

} // namespace
} // namespace hive
