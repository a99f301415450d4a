#include "tests/bench/load/record_load.hpp"

#include "actors/engine_client/engine.hpp"
#include "actors/tracker/task_ledger.hpp"
#include "messages/ec.hpp"
#include "messages/json.hpp"
#include "storage/database.hpp"
#include "tests/bench/bench_system.hpp"
#include "tests/bench/load/http_load.hpp"
#include "tests/bench/outstanding.hpp"
#include "tests/bench/task_messages.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <atomic>
#include <caf/all.hpp>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace hive::load {
namespace {

constexpr int64_t some_day = 1'771'934'400'000'000; // microseconds since 1970
/// Different ones, to send in turn: making each of them would take as long as sending it.
constexpr size_t different = 1'000;

std::vector<std::string> records_as_json() {
  std::vector<std::string> out;
  auto message = make_tasks(0, different, false);
  for (auto task : message->getTasks())
    out.push_back(to_json<wire::TaskRecord>(task));
  return out;
}

std::vector<msg<wire::RecordTasks>> single_records() {
  std::vector<msg<wire::RecordTasks>> out;
  for (uint64_t i = 0; i < different; ++i)
    out.push_back(make_tasks(i, 1, false));
  return out;
}

double send(const http_plan& plan) {
  auto done = send_requests(plan);
  if (done.refused > 0)
    throw std::runtime_error("refused: " + done.first_refusal);
  return done.seconds;
}

engine connect_to(const std::string& door, const std::filesystem::path& tls) {
  auto connected = engine::connect({.address = door, .tls = tls, .name = "load"});
  if (!connected)
    throw std::runtime_error(text_of(connected.error()));
  return std::move(*connected);
}

/// Returns when actors of this engine have recorded all.
void record_from(engine& client, const std::vector<msg<wire::RecordTasks>>& records, const record_plan& plan) {
  auto target = client.recorder();
  if (!target)
    throw std::runtime_error(text_of(target.error()));
  auto actors = std::min<size_t>(plan.outstanding, 8);
  outstanding_plan<record_joiner_actor, msg<wire::RecordTasks>, msg<wire::TasksRecorded>> each;
  each.to = *target; // which answers each request in time
  each.message = [&](uint64_t number) { return records[number % records.size()]; };
  each.total = plan.records / actors;
  each.window = plan.outstanding / actors;
  each.check = [](const msg<wire::TasksRecorded>& answer) {
    return answer->getRecorded() == 1 ? caf::error{} : fail(ec::invalid, "a record was refused");
  };
  run_outstanding(client.system(), std::vector(actors, each));
}

} // namespace

double record_over_http(const endpoint& http, const record_plan& plan) {
  std::vector<std::string> requests;
  for (const auto& record : records_as_json())
    requests.push_back(http_request("POST", "/api/v1/tasks", record));
  return send({.at = http,
               .connections = plan.outstanding,
               .request = [&](uint64_t n) { return requests[n % requests.size()]; },
               .requests = plan.records});
}

double record_joined_over_http(const endpoint& http, const record_plan& plan) {
  auto records = records_as_json();
  auto callers = plan.outstanding / plan.clients;
  std::vector<std::string> requests;
  for (size_t i = 0; i < 16; ++i) {
    std::string body;
    for (size_t n = 0; n < callers; ++n)
      body += records[(i * callers + n) % records.size()] + "\n";
    requests.push_back(http_request("POST", "/api/v1/tasks", body, "application/x-ndjson"));
  }
  return send({.at = http,
               .connections = plan.clients,
               .request = [&](uint64_t n) { return requests[n % requests.size()]; },
               .requests = plan.records / callers});
}

double record_from_actors(const std::string& door, const std::filesystem::path& tls, const record_plan& plan) {
  auto records = single_records();
  record_plan share{.records = plan.records / plan.clients, .outstanding = plan.outstanding / plan.clients};
  std::vector<engine> engines;
  for (size_t i = 0; i < plan.clients; ++i)
    engines.push_back(connect_to(door, tls));
  auto begin = bench_clock::now();
  std::vector<std::future<void>> all;
  for (auto& client : engines)
    all.push_back(std::async(std::launch::async, [&] { record_from(client, records, share); }));
  for (auto& each : all)
    each.get();
  return seconds_since(begin);
}

double record_from_threads(const std::string& door, const std::filesystem::path& tls, const record_plan& plan) {
  auto client = connect_to(door, tls);
  auto records = single_records();
  std::atomic<uint64_t> next = 0;
  std::atomic<bool> failed = false;
  auto begin = bench_clock::now();
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < plan.outstanding; ++i)
      threads.emplace_back([&] {
        for (uint64_t n = next++; n < plan.records && !failed; n = next++)
          if (!client.record(records[n % records.size()]))
            failed = true;
      });
  }
  if (failed)
    throw std::runtime_error("a record was refused");
  return seconds_since(begin);
}

double record_raw(const record_plan& plan) {
  temporary_directory dir;
  auto db = std::move(*database::open({.directory = dir.path()}));
  task_ledger ledger;
  std::vector<write_set> batches;
  for (uint64_t i = 0; i < plan.records; i += plan.outstanding) {
    auto& writes = batches.emplace_back();
    auto message = make_tasks(i, static_cast<uint32_t>(plan.outstanding), false);
    for (auto task : message->getTasks())
      ledger.admit(task, some_day, writes);
    ledger.seal(writes);
  }
  auto begin = bench_clock::now();
  for (const auto& writes : batches)
    if (auto error = db->write(writes))
      throw std::runtime_error(text_of(error));
  return seconds_since(begin);
}

} // namespace hive::load
