// Durable acknowledged writes per second through the committer, with the scheduling of a node and up to eight clients
// that share the outstanding requests. `ratio` divides their rate by that of RocksDB alone, `raw_per_s`, which writes
// the same bytes in batches as large as the number outstanding; the two alternate within one run. Does not measure
// large values, concurrent reads, or timeouts of the clients' requests.

#include "actors/store/committer.hpp"
#include "tests/bench/bench_system.hpp"
#include "tests/bench/outstanding.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>

namespace hive {
namespace {

constexpr size_t value_bytes = 100;
constexpr int64_t most_clients = 8;
/// Writes of a round: enough that both sides take tens of milliseconds on a disk that syncs in a tenth of one.
constexpr int64_t groups_per_round = 200;

write_set small_write(uint64_t number) {
  write_set out;
  out.put(column::tasks, std::string(reinterpret_cast<const char*>(&number), sizeof number),
          std::string(value_bytes, 'v'));
  return out;
}

/// The committer of a store of its own, and its clients.
class committing_store {
public:
  ~committing_store() {
    self_->send_exit(committer_, caf::exit_reason::user_shutdown);
    self_->wait_for(committer_);
  }

  /// Seconds until `total` writes are durable, with `window` outstanding.
  double write(int64_t total, int64_t window) {
    auto clients = std::min(window, most_clients);
    auto share = static_cast<uint64_t>(total / clients);
    std::vector<outstanding_plan<committer_actor, write_set, committed>> plans;
    for (int64_t i = 0; i < clients; ++i) {
      plans.push_back({.to = committer_,
                       .message = [first = next_](uint64_t number) { return small_write(first + number); },
                       .total = share,
                       .window = static_cast<uint64_t>(window / clients)});
      next_ += share;
    }
    auto begin = bench_clock::now();
    run_outstanding(system_, plans);
    return seconds_since(begin);
  }

private:
  temporary_directory dir_;
  std::shared_ptr<database> db_ = std::move(*database::open({.directory = dir_.path()}));
  bench_config config_;
  caf::actor_system system_{config_};
  committer_actor committer_ = spawn_committer(system_, {db_});
  caf::scoped_actor self_{system_};
  uint64_t next_ = 0;
};

/// RocksDB alone.
class raw_store {
public:
  double write(int64_t total, int64_t batch_size) {
    auto begin = bench_clock::now();
    for (int64_t written = 0; written < total; written += batch_size) {
      database::batch batch{*db_};
      for (int64_t i = 0; i < batch_size; ++i)
        batch.add(small_write(next_++));
      if (auto err = db_->write(batch))
        throw std::runtime_error(text_of(err));
    }
    return seconds_since(begin);
  }

private:
  temporary_directory dir_;
  std::shared_ptr<database> db_ = std::move(*database::open({.directory = dir_.path()}));
  uint64_t next_ = 0;
};

void committer_writes(benchmark::State& state) {
  committing_store ours;
  raw_store raw;
  auto window = state.range(0);
  auto total = window * groups_per_round;
  double ours_s = 0, raw_s = 0;
  for (auto _ : state) {
    auto took = ours.write(total, window);
    state.SetIterationTime(took);
    ours_s += took;
    raw_s += raw.write(total, window);
  }
  auto written = static_cast<double>(state.iterations() * total);
  state.SetItemsProcessed(state.iterations() * total);
  state.counters["raw_per_s"] = written / raw_s;
  state.counters["ratio"] = raw_s / ours_s;
}

BENCHMARK(committer_writes)
  ->ArgName("outstanding")
  ->Arg(1)
  ->Arg(16)
  ->Arg(64)
  ->Arg(256)
  ->Arg(4'096)
  ->Iterations(3)
  ->UseManualTime()
  ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
