// The coding tracker compared with what it builds on and what it replaces, each pair alternating within one run.
//
// task_records: durable acknowledged records per second, from clients on the same node that share the outstanding
//   messages. `raw_per_s` is the rate of RocksDB alone, writing the same bytes in the same batches, which contain
//   records and the statistics that they changed; `ratio` is the tracker's rate divided by it. `ratio_records` compares
//   with RocksDB writing the records alone, in batches as large as the tracker's groups (`group`). Does not measure
//   networks, JSON, or timeouts of the clients' requests.
// http_records: the same from two HTTP clients on this machine that post NDJSON. Does not measure networks or TLS.
// sqlite_records: what HART OS does for a record: open the database, insert, commit, close. Does not measure its
//   Python.
// record_beside_sqlite: one durable record after the other through the tracker; `ratio` is its rate divided by that of
//   the above, alternating.
// best_tool: one question to the statistics, after a given number of records. Does not measure messages between actors;
//   best_tool_asked does.
// restart: the time from opening a store with a given number of records until the tracker answers, and the process's
//   memory afterwards. The store was closed just before; does not measure a cold disk cache.

#include "actors/http/server.hpp"
#include "actors/http/task_routes.hpp"
#include "actors/store/committer.hpp"
#include "actors/tracker/routing_answers.hpp"
#include "actors/tracker/tracker.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/json.hpp"
#include "messages/tracker.capnp.h"
#include "platform/http_client.hpp"
#include "tests/bench/bench_system.hpp"
#include "tests/bench/task_messages.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>
#include <fstream>
#include <malloc.h>
#include <prometheus/registry.h>
#include <sqlite3.h>
#include <thread>
#include <unistd.h>

namespace hive {
namespace {

// -- records --------------------------------------------------------------------

using message_list = std::vector<msg<wire::RecordTasks>>;

// -- a node with the tracker ------------------------------------------------------

/// The write sets of the tracker, group by group. Read it only while nothing is outstanding.
struct group_log {
  bool keep = false;
  std::vector<caf::message> groups; ///< each with one write_set

  std::vector<write_set> take() {
    std::vector<write_set> out;
    for (const auto& group : std::exchange(groups, {}))
      out.push_back(group.get_as<write_set>(0));
    return out;
  }
};

/// Forwards write sets unchanged and keeps a copy.
caf::behavior keeping(caf::event_based_actor* self, committer_actor target, std::shared_ptr<group_log> log) {
  self->set_default_handler([self, log, target = caf::actor_cast<caf::actor>(target)](
                              caf::scheduled_actor*, caf::message_view& incoming) -> caf::result<caf::message> {
    auto group = incoming.move_content_to_message();
    if (log->keep)
      log->groups.push_back(group);
    self->delegate<caf::message_priority::high>(target, std::move(group));
    return caf::delegated<caf::message>{};
  });
  return {[](caf::unit_t) {}}; // an actor without behavior would end
}

struct tracker_node {
  explicit tracker_node(const std::filesystem::path& directory)
      : db{std::move(*database::open({.directory = directory}))} {
    committer = spawn_committer(system, {db});
    keeper = caf::actor_cast<committer_actor>(system.spawn(keeping, committer, log));
    tracker = spawn_tracker(system, {db, keeper}, {.node = "bench"});
  }

  ~tracker_node() {
    caf::scoped_actor self{system};
    self->send_exit(tracker, caf::exit_reason::user_shutdown);
    self->wait_for(tracker);
    self->send_exit(keeper, caf::exit_reason::user_shutdown);
    self->send_exit(committer, caf::exit_reason::user_shutdown);
    self->wait_for(keeper, committer);
  }

  std::shared_ptr<database> db;
  bench_config config;
  caf::actor_system system{config};
  std::shared_ptr<group_log> log = std::make_shared<group_log>();
  committer_actor committer;
  committer_actor keeper;
  tracker_actor tracker;
};

/// Sends messages, keeping `window` of them outstanding, and notifies `done` when all are answered.
class sender_state {
public:
  caf::event_based_actor* self = nullptr;
  tracker_actor target;
  std::shared_ptr<const message_list> messages;
  size_t next = 0;
  size_t answered = 0;
  caf::actor done;

  void start(std::shared_ptr<const message_list> what, size_t window, caf::actor whom) {
    messages = std::move(what);
    done = std::move(whom);
    next = answered = 0;
    while (next < std::min(window, messages->size()))
      send_next();
  }

private:
  void send_next() {
    self->request(target, caf::infinite, (*messages)[next++])
      .then([this](const msg<wire::TasksRecorded>&) { count(); }, [this](caf::error& error) { self->quit(error); });
  }

  void count() {
    if (++answered == messages->size())
      self->send(done, committed{});
    else if (next < messages->size())
      send_next();
  }
};

} // namespace
} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const hive::message_list>)

namespace hive {
namespace {

caf::behavior sender(caf::stateful_actor<sender_state>* self, tracker_actor target) {
  self->state.self = self;
  self->state.target = std::move(target);
  return {[self](const std::shared_ptr<const message_list>& messages, uint64_t window, const caf::actor& done) {
    self->state.start(messages, window, done);
  }};
}

// -- beside RocksDB -----------------------------------------------------------------

/// The records in `groups`, in batches of `batch_size`.
std::vector<write_set> records_of(const std::vector<write_set>& groups, size_t batch_size) {
  std::vector<write_set> out;
  size_t room = 0;
  for (const auto& group : groups)
    for (const auto& write : group.writes()) {
      if (write.where != column::tasks)
        continue;
      if (room == 0) {
        out.emplace_back();
        room = batch_size;
      }
      out.back().put(write.where, write.key, write.value);
      --room;
    }
  return out;
}

/// Returns the seconds taken.
double write_raw(database& db, const std::vector<write_set>& batches) {
  auto begin = bench_clock::now();
  for (const auto& writes : batches)
    if (auto error = db.write(writes))
      throw std::runtime_error(text_of(error));
  return seconds_since(begin);
}

/// Clients of one tracker.
class sender_team {
public:
  sender_team(tracker_node& node, size_t clients) : self_{node.system} {
    for (size_t i = 0; i < clients; ++i)
      clients_.push_back(node.system.spawn(sender, node.tracker));
  }

  ~sender_team() {
    for (const auto& client : clients_)
      self_->send_exit(client, caf::exit_reason::user_shutdown);
    self_->wait_for(clients_);
  }

  /// Seconds until all messages are answered, with `window` of them outstanding.
  double send(const message_list& messages, size_t window) {
    auto share = messages.size() / clients_.size();
    std::vector<std::shared_ptr<const message_list>> shares;
    for (auto from = messages.begin(); from != messages.end(); from += static_cast<ptrdiff_t>(share))
      shares.push_back(std::make_shared<const message_list>(from, from + static_cast<ptrdiff_t>(share)));
    auto begin = bench_clock::now();
    for (size_t i = 0; i < clients_.size(); ++i)
      self_->send(clients_[i], shares[i], uint64_t{window / clients_.size()}, caf::actor_cast<caf::actor>(self_));
    for (size_t i = 0; i < clients_.size(); ++i)
      self_->receive([](committed) {});
    return seconds_since(begin);
  }

private:
  caf::scoped_actor self_;
  std::vector<caf::actor> clients_;
};

/// Arguments: records per message, messages outstanding, clients that share them (a divisor of 1,000), whether records
/// have idempotency keys.
void task_records(benchmark::State& state) {
  auto records = static_cast<uint32_t>(state.range(0));
  auto window = static_cast<size_t>(state.range(1));
  auto clients = static_cast<size_t>(state.range(2));
  bool keyed = state.range(3) != 0;
  constexpr uint64_t records_per_round = 100'000;
  temporary_directory tracker_dir, raw_dir, records_dir;
  tracker_node node{tracker_dir.path()};
  node.log->keep = true;
  auto raw = std::move(*database::open({.directory = raw_dir.path()}));
  auto raw_records = std::move(*database::open({.directory = records_dir.path()}));
  sender_team team{node, clients};
  uint64_t sent = 0, groups = 0;
  double raw_s = 0, raw_records_s = 0, tracker_s = 0;
  for (auto _ : state) {
    message_list messages;
    for (uint64_t i = 0; i < records_per_round; i += records)
      messages.push_back(make_tasks(sent + i, records, keyed));
    auto took = team.send(messages, window);
    state.SetIterationTime(took);
    tracker_s += took;
    auto written = node.log->take();
    raw_s += write_raw(*raw, written);
    raw_records_s += write_raw(*raw_records, records_of(written, records_per_round / written.size()));
    groups += written.size();
    sent += records_per_round;
  }
  auto records_sent = static_cast<double>(sent);
  state.SetItemsProcessed(static_cast<int64_t>(sent));
  state.counters["group"] = records_sent / static_cast<double>(groups);
  state.counters["raw_per_s"] = records_sent / raw_s;
  state.counters["ratio"] = raw_s / tracker_s;
  state.counters["ratio_records"] = raw_records_s / tracker_s;
}

// -- over HTTP ------------------------------------------------------------------

std::string ndjson(uint32_t lines) {
  std::string out;
  auto message = make_tasks(0, lines, false);
  for (auto task : message->getTasks())
    out += to_json<wire::TaskRecord>(task) + "\n";
  return out;
}

/// Argument: records per request.
void http_records(benchmark::State& state) {
  constexpr int clients = 2, requests_per_client = 10;
  temporary_directory dir;
  tracker_node node{dir.path()};
  auto server = http::spawn_server(
    node.system, {http::task_routes(node.tracker), std::make_shared<prometheus::Registry>()}, {.port = 0});
  if (!server)
    throw std::runtime_error(text_of(server.error()));
  http::outgoing_request post;
  post.method = "POST";
  post.url = "http://127.0.0.1:" + std::to_string(server->port) + "/api/v1/tasks";
  post.headers = {"Content-Type: application/x-ndjson", "Expect:"};
  post.body = ndjson(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < clients; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < requests_per_client; ++j)
          if (auto answer = http::fetch(post); !answer || answer->status != 201)
            std::abort();
      });
  }
  state.SetItemsProcessed(state.iterations() * clients * requests_per_client * state.range(0));
  caf::scoped_actor self{node.system};
  self->send_exit(server->gateway, caf::exit_reason::user_shutdown);
  self->wait_for(server->gateway);
}

// -- beside SQLite --------------------------------------------------------------------

void run_sql(sqlite3* db, const char* statement) {
  if (sqlite3_exec(db, statement, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(db));
}

/// Seconds for one record.
double insert_with_sqlite(const std::string& path) {
  auto begin = bench_clock::now();
  sqlite3* db = nullptr;
  if (sqlite3_open(path.c_str(), &db) != SQLITE_OK)
    throw std::runtime_error("cannot open " + path);
  run_sql(db, "CREATE TABLE IF NOT EXISTS coding_benchmarks (id INTEGER PRIMARY KEY AUTOINCREMENT, task_type TEXT, "
              "tool_name TEXT, model_name TEXT, user_id TEXT, completion_time_s REAL, success INTEGER, "
              "offloaded INTEGER, timestamp REAL)");
  run_sql(db, "INSERT INTO coding_benchmarks (task_type, tool_name, model_name, user_id, completion_time_s, success, "
              "offloaded, timestamp) VALUES ('feature', 'claude_code', 'gpt-4o', 'user-7', 12.5, 1, 0, 1771934400.0)");
  sqlite3_close(db);
  return seconds_since(begin);
}

void sqlite_records(benchmark::State& state) {
  temporary_directory dir;
  auto path = (dir.path() / "coding_benchmarks.db").string();
  for (auto _ : state)
    insert_with_sqlite(path);
  state.SetItemsProcessed(state.iterations());
}

void record_beside_sqlite(benchmark::State& state) {
  temporary_directory dir, sqlite_dir;
  auto path = (sqlite_dir.path() / "coding_benchmarks.db").string();
  tracker_node node{dir.path()};
  caf::scoped_actor self{node.system};
  uint64_t sent = 0;
  double ours_s = 0, sqlite_s = 0;
  for (auto _ : state) {
    auto message = make_tasks(sent++, 1, false);
    auto begin = bench_clock::now();
    self->request(node.tracker, caf::infinite, message)
      .receive([](const msg<wire::TasksRecorded>&) {},
               [](caf::error& error) { throw std::runtime_error(text_of(error)); });
    auto took = seconds_since(begin);
    state.SetIterationTime(took);
    ours_s += took;
    sqlite_s += insert_with_sqlite(path);
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["ratio"] = sqlite_s / ours_s;
}

// -- questions --------------------------------------------------------------------------

msg<wire::BestToolQuery> best_tool_query() {
  return msg<wire::BestToolQuery>::build([](wire::BestToolQuery::Builder out) { out.setTaskType("task_type_3"); });
}

void best_tool(benchmark::State& state) {
  task_ledger ledger;
  constexpr uint32_t per_message = 1'000;
  for (int64_t i = 0; i < state.range(0); i += per_message) {
    write_set discarded;
    auto message = make_tasks(static_cast<uint64_t>(i), per_message, false);
    for (auto task : message->getTasks())
      ledger.admit(task, 1, discarded);
  }
  analysis::hive_tally hive;
  auto query = best_tool_query();
  for (auto _ : state)
    benchmark::DoNotOptimize(find_best_tool(*query, {ledger.statistics(), hive}));
}

void best_tool_asked(benchmark::State& state) {
  temporary_directory dir;
  tracker_node node{dir.path()};
  caf::scoped_actor self{node.system};
  self->request(node.tracker, caf::infinite, make_tasks(0, 10'000, false))
    .receive([](const msg<wire::TasksRecorded>&) {},
             [](caf::error& error) { throw std::runtime_error(text_of(error)); });
  auto query = best_tool_query();
  for (auto _ : state)
    self->request(node.tracker, caf::infinite, query)
      .receive([](const msg<wire::BestTool>&) {}, [](caf::error& error) { throw std::runtime_error(text_of(error)); });
}

// -- restart ----------------------------------------------------------------------------

double resident_mib() {
  malloc_trim(0); // returns memory that only filling the store needed
  size_t total = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> total >> resident;
  return static_cast<double>(resident * static_cast<size_t>(sysconf(_SC_PAGESIZE))) / (1 << 20);
}

void fill_store(const std::filesystem::path& directory, uint64_t records) {
  auto db = std::move(*database::open({.directory = directory}));
  write_set identity;
  identity.put(column::meta, keys::node(), "bench");
  task_ledger ledger;
  constexpr uint32_t per_write = 10'000;
  for (uint64_t i = 0; i < records; i += per_write) {
    auto writes = std::exchange(identity, {});
    auto message = make_tasks(i, per_write, true);
    for (auto task : message->getTasks())
      ledger.admit(task, 1'771'934'400'000'000, writes);
    ledger.seal(writes);
    if (auto error = db->write(writes))
      throw std::runtime_error(text_of(error));
  }
}

void restart(benchmark::State& state) {
  temporary_directory dir;
  fill_store(dir.path(), static_cast<uint64_t>(state.range(0)));
  double memory = 0;
  for (auto _ : state) {
    auto begin = bench_clock::now();
    tracker_node node{dir.path()};
    caf::scoped_actor self{node.system};
    self->request(node.tracker, caf::infinite, best_tool_query())
      .receive([](const msg<wire::BestTool>&) {}, [](caf::error& error) { throw std::runtime_error(text_of(error)); });
    state.SetIterationTime(seconds_since(begin));
    memory = resident_mib();
  }
  state.counters["resident_mib"] = memory;
}

BENCHMARK(sqlite_records)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(record_beside_sqlite)->Iterations(200)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(task_records)
  ->ArgNames({"batch", "outstanding", "clients", "keyed"})
  ->Args({1, 1'024, 1, 0})
  ->Args({1, 1'024, 8, 0})
  ->Args({1, 1'024, 8, 1})
  ->Args({100, 256, 1, 0})
  ->Args({100, 256, 1, 1})
  ->Args({100, 256, 8, 0})
  ->Iterations(2)
  ->UseManualTime()
  ->Unit(benchmark::kMillisecond);
BENCHMARK(http_records)->Arg(1'000)->Arg(10'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(best_tool)->RangeMultiplier(100)->Range(1'000, 10'000'000);
BENCHMARK(best_tool_asked)->UseRealTime();
BENCHMARK(restart)->Arg(100'000)->Arg(10'000'000)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
