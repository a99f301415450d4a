// Durable acknowledged writes per second through the committer, at several numbers of outstanding requests, compared
// with raw RocksDB that writes the same bytes in batches of the same size. Does not measure large values or concurrent
// reads.

#include "actors/store/committer.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>

namespace hive {
namespace {

constexpr size_t value_bytes = 100;

write_set small_write(uint64_t number) {
  write_set out;
  out.put(column::tasks, std::string(reinterpret_cast<const char*>(&number), sizeof number),
          std::string(value_bytes, 'v'));
  return out;
}

/// Keeps `window` requests outstanding until `total` are answered, then notifies `done`.
struct writer_state {
  committer_actor target;
  int64_t to_send = 0;
  int64_t to_receive = 0;
  uint64_t next = 0;
};

caf::behavior writer(caf::stateful_actor<writer_state>* self, committer_actor target) {
  self->state.target = std::move(target);
  return {[self](int64_t total, int64_t window, const caf::actor& done) {
    self->state.to_send = self->state.to_receive = total;
    auto send_one = std::make_shared<std::function<void()>>();
    *send_one = [self, done, weak = std::weak_ptr{send_one}] {
      auto next = weak.lock();
      --self->state.to_send;
      self->request(self->state.target, std::chrono::seconds{60}, small_write(self->state.next++))
        .then(
          [self, done, next](committed) {
            if (--self->state.to_receive == 0)
              self->send(done, committed{});
            else if (self->state.to_send > 0)
              (*next)();
          },
          [self](caf::error& err) { self->quit(err); });
    };
    for (int64_t i = 0; i < window && self->state.to_send > 0; ++i)
      (*send_one)();
  }};
}

void committer_throughput(benchmark::State& state) {
  temporary_directory dir;
  std::shared_ptr<database> db = std::move(*database::open({.directory = dir.path()}));
  test_config config;
  caf::actor_system system{config};
  auto committer = spawn_committer(system, {db});
  auto client = system.spawn(writer, committer);
  caf::scoped_actor self{system};
  int64_t window = state.range(0);
  int64_t per_round = window == 1 ? 500 : window * 50;
  for (auto _ : state) {
    self->send(client, per_round, window, caf::actor_cast<caf::actor>(self));
    self->receive([](committed) {});
  }
  state.SetItemsProcessed(state.iterations() * per_round);
  self->send_exit(client, caf::exit_reason::user_shutdown);
  self->send_exit(committer, caf::exit_reason::user_shutdown);
  self->wait_for(client, committer);
}

void raw_rocksdb_throughput(benchmark::State& state) {
  temporary_directory dir;
  auto db = std::move(*database::open({.directory = dir.path()}));
  uint64_t next = 0;
  for (auto _ : state) {
    database::batch batch{*db};
    for (int64_t i = 0; i < state.range(0); ++i)
      batch.add(small_write(next++));
    if (auto err = db->write(batch))
      state.SkipWithError(text_of(err).c_str());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(committer_throughput)->Arg(1)->Arg(16)->Arg(256)->Arg(4096)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(raw_rocksdb_throughput)->Arg(1)->Arg(16)->Arg(256)->Arg(4096)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
