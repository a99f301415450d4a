#include "tests/bench/load/record_load.hpp"

#include "actors/engine_client/engine.hpp"
#include "actors/tracker/task_ledger.hpp"
#include "messages/ec.hpp"
#include "messages/json.hpp"
#include "storage/database.hpp"
#include "tests/bench/bench_system.hpp"
#include "tests/bench/load/http_load.hpp"
#include "tests/bench/task_messages.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace hive::load {
namespace {

constexpr int64_t some_day = 1'771'934'400'000'000; // microseconds since 1970

/// Bodies to send in turn: making JSON of each record would take as long as sending it.
std::vector<std::string> record_requests() {
  std::vector<std::string> out;
  auto message = make_tasks(0, 1'000, false);
  for (auto task : message->getTasks())
    out.push_back(http_request("POST", "/api/v1/tasks", to_json<wire::TaskRecord>(task)));
  return out;
}

std::vector<engine> connect_engines(const std::string& door, const std::filesystem::path& tls, size_t count) {
  std::vector<engine> out;
  for (size_t i = 0; i < count; ++i) {
    auto connected = engine::connect({.address = door, .tls = tls, .name = "load-" + std::to_string(i)});
    if (!connected)
      throw std::runtime_error(text_of(connected.error()));
    out.push_back(std::move(*connected));
  }
  return out;
}

} // namespace

double record_over_http(const endpoint& http, const record_plan& plan) {
  auto requests = record_requests();
  auto done = send_requests({.at = http,
                             .connections = plan.outstanding,
                             .request = [&](uint64_t n) { return requests[n % requests.size()]; },
                             .requests = plan.records});
  if (done.answered != plan.records)
    throw std::runtime_error("refused: " + done.first_refusal);
  return done.seconds;
}

double record_from_engines(const std::string& door, const std::filesystem::path& tls, const record_plan& plan) {
  auto engines = connect_engines(door, tls, plan.engines);
  std::vector<msg<wire::RecordTasks>> records;
  for (uint64_t i = 0; i < 1'000; ++i)
    records.push_back(make_tasks(i, 1, false));
  std::atomic<uint64_t> next = 0;
  std::atomic<bool> failed = false;
  auto begin = bench_clock::now();
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < plan.outstanding; ++i)
      threads.emplace_back([&, &from = engines[i % engines.size()]] {
        for (uint64_t n = next++; n < plan.records && !failed; n = next++)
          if (!from.record(records[n % records.size()]))
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
