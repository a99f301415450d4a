// Durable task records per second, one at a time from each of many clients of a hived of its own, compared with RocksDB
// alone in the same run, a moment of each in turn. RocksDB writes the same records and statistics, synced, in batches
// of as many records as clients have outstanding. `ratio` is the median over the turns. Clients, node and RocksDB share
// the machine. Does not measure TLS and networks.
//
// engine_threads: engine::record from so many threads of one engine. Second argument: gather_records in µs, 0: each
//   record is a message.
// engine_actors: 8 actors of one engine that share the outstanding records, over engine::recorder.
// http_posts: a POST with one record from each of so many connections.

#include "actors/engine_client/engine.hpp"
#include "actors/tracker/task_ledger.hpp"
#include "messages/baseline.capnp.h"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "storage/database.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <atomic>
#include <benchmark/benchmark.h>
#include <caf/all.hpp>
#include <fstream>
#include <functional>
#include <thread>

namespace hive {
namespace {

using bench_clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto turn = 300ms;
constexpr int turns = 9;

double seconds_of(bench_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

void fill_single(wire::TaskRecord::Builder out, uint64_t number) {
  out.setTaskType("task_type_" + std::to_string(number % 10));
  out.setToolName("some_tool_" + std::to_string(number / 10 % 8));
  out.setCompletionTimeS(static_cast<double>(number % 1'000) / 10);
  out.setSuccess(number % 4 != 0);
}

msg<wire::RecordTasks> single_record(uint64_t number) {
  return msg<wire::RecordTasks>::build(
    [&](wire::RecordTasks::Builder out) { fill_single(out.initTasks(1)[0], number); });
}

/// RocksDB alone.
class raw_store {
public:
  /// Records per second in batches of this size. What is written is prepared before.
  double write(size_t batch) {
    std::vector<write_set> batches(200);
    for (auto& writes : batches)
      for (size_t i = 0; i < batch; ++i) {
        ledger_.admit(*single_record(next_++)->getTasks().begin(), 1, writes);
        if (i + 1 == batch)
          ledger_.seal(writes);
      }
    auto begin = bench_clock::now();
    size_t written = 0;
    for (; written < batches.size() && bench_clock::now() - begin < turn; ++written)
      if (auto error = db_->write(batches[written]))
        throw std::runtime_error(text_of(error));
    return static_cast<double>(written * batch) / seconds_of(bench_clock::now() - begin);
  }

private:
  temporary_directory folder_;
  std::unique_ptr<database> db_ = std::move(*database::open({.directory = folder_.path()}));
  task_ledger ledger_;
  uint64_t next_ = 0;
};

/// A node, and how many records it has answered for.
struct loaded_node {
  loaded_node() {
    process.await_ready();
  }

  temporary_directory folder;
  cluster::hived_process process{{.directory = folder.path(), .arguments = {"--door", "127.0.0.1:0"}}};
  std::atomic<uint64_t> answered{0};
  std::atomic<uint64_t> next{0};
  std::atomic<bool> stops{false};
};

/// Clients stand still while RocksDB has its turn: they are started for each of their own turns by `run`, which returns
/// when they have stopped.
void compare(benchmark::State& state, loaded_node& node, size_t outstanding,
             const std::function<void(std::chrono::milliseconds)>& run) {
  raw_store raw;
  std::vector<double> ratios, rates, raw_rates;
  run(turn);
  for (auto _ : state)
    for (int i = 0; i < turns; ++i) {
      raw_rates.push_back(raw.write(outstanding));
      auto before = node.answered.load();
      auto begin = bench_clock::now();
      run(turn);
      rates.push_back(static_cast<double>(node.answered - before) / seconds_of(bench_clock::now() - begin));
      ratios.push_back(rates.back() / raw_rates.back());
    }
  auto median = [](std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  };
  state.counters["per_s"] = median(rates);
  state.counters["raw_per_s"] = median(raw_rates);
  state.counters["ratio"] = median(ratios);
}

void run_threads(loaded_node& node, size_t count, std::chrono::milliseconds time,
                 const std::function<bool(size_t)>& once) {
  node.stops = false;
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      while (!node.stops && once(i))
        ++node.answered;
    });
  std::this_thread::sleep_for(time);
  node.stops = true;
}

engine connect_to(const loaded_node& node, std::chrono::microseconds gather) {
  auto out = engine::connect({.address = node.process.door(), .gather_records = gather});
  if (!out)
    throw std::runtime_error(text_of(out.error()));
  return std::move(*out);
}

void engine_threads(benchmark::State& state) {
  loaded_node node;
  auto client = connect_to(node, std::chrono::microseconds{state.range(1)});
  auto threads = static_cast<size_t>(state.range(0));
  compare(state, node, threads, [&](auto time) {
    run_threads(node, threads, time, [&](size_t) {
      auto answer = client.record(single_record(++node.next));
      if (!answer)
        std::fprintf(stderr, "%s\n", text_of(answer.error()).c_str());
      return answer.engaged();
    });
  });
}

caf::behavior recording_actor(caf::event_based_actor* self, record_joiner_actor target, loaded_node* node) {
  auto open = std::make_shared<int>(0);
  auto send = std::make_shared<std::function<void()>>();
  *send = [=, weak = std::weak_ptr{send}] {
    ++*open;
    self->request(target, 10s, single_record(++node->next))
      .then(
        [=](const msg<wire::TasksRecorded>&) {
          ++node->answered;
          --*open;
          if (auto again = weak.lock(); again && !node->stops)
            (*again)();
        },
        [=](const caf::error& why) {
          std::fprintf(stderr, "%s\n", text_of(why).c_str());
          --*open;
        });
  };
  return {[=](int count) {
            for (int i = 0; i < count; ++i)
              (*send)();
          },
          [=](caf::get_atom) { return *open; }};
}

void engine_actors(benchmark::State& state) {
  constexpr int actors = 8;
  loaded_node node;
  auto client = connect_to(node, 1ms);
  auto target = client.recorder();
  if (!target)
    throw std::runtime_error(text_of(target.error()));
  std::vector<caf::actor> clients;
  for (int i = 0; i < actors; ++i)
    clients.push_back(client.system().spawn(recording_actor, *target, &node));
  caf::scoped_actor self{client.system()};
  auto are_done = [&] {
    int open = 0;
    for (const auto& each : clients)
      self->request(each, caf::infinite, caf::get_atom::value)
        .receive([&](int more) { open += more; }, [](const caf::error&) {});
    return open == 0;
  };
  compare(state, node, static_cast<size_t>(state.range(0)), [&](auto time) {
    node.stops = false;
    for (const auto& each : clients)
      self->send(each, static_cast<int>(state.range(0)) / actors);
    std::this_thread::sleep_for(time);
    node.stops = true;
    while (!are_done())
      std::this_thread::sleep_for(1ms);
  });
  for (const auto& each : clients)
    self->send_exit(each, caf::exit_reason::user_shutdown);
}

std::string post_of(const loaded_node& node, uint64_t number) {
  std::string token;
  std::ifstream{node.folder.path() / "data" / "operator.token"} >> token;
  capnp::MallocMessageBuilder message;
  auto record = message.initRoot<wire::TaskRecord>();
  fill_single(record, number);
  auto body = to_json<wire::TaskRecord>(record.asReader());
  return "POST /api/v1/tasks HTTP/1.1\r\nHost: " + node.process.endpoint() +
         (token.empty() ? "" : "\r\nAuthorization: Bearer " + token) +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void http_posts(benchmark::State& state) {
  loaded_node node;
  auto count = static_cast<size_t>(state.range(0));
  auto port = static_cast<uint16_t>(std::stoi(node.process.endpoint().substr(node.process.endpoint().rfind(':') + 1)));
  std::vector<raw_connection> connections;
  for (size_t i = 0; i < count; ++i)
    connections.emplace_back(port);
  auto post = post_of(node, 1);
  compare(state, node, count, [&](auto time) {
    run_threads(node, count, time, [&](size_t i) {
      return connections[i].send(post) && connections[i].read_some(4'096).starts_with("HTTP/1.1 201");
    });
  });
}

BENCHMARK(engine_threads)
  ->ArgNames({"outstanding", "gather_us"})
  ->ArgsProduct({{1, 16, 64, 256}, {0, 1'000}})
  ->Iterations(1);
BENCHMARK(engine_actors)->Arg(16)->Arg(64)->Arg(256)->Arg(1'024)->Iterations(1);
BENCHMARK(http_posts)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->Iterations(1);

} // namespace
} // namespace hive
