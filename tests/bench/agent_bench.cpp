// Agents' baselines compared with the source system's way, within one run.
//
// agent_captures: durable acknowledged captures per second through the directory, of 1,000 agents with a recipe of five
//   actions, with the given number outstanding. `files_per_s` is the rate at which the same documents are written as
//   HART OS does it, one JSON file each, with an fsync: write, fsync, rename. `named_files_per_s`: with an fsync of the
//   directory too, without which a crash may lose the file's name. `ratio` and `named_ratio` divide the captures by
//   these. Does not measure HTTP; agents.py does.
// agent_validation: one visit of the validator to 10,000 active agents of a store that was just opened: `full` examines
//   all, as after a new pass rate. Does not measure a cold disk cache.
// agent_runs: durable acknowledged runs per second, in messages of 100.

#include "actors/baseline/directory.hpp"
#include "actors/baseline/validator.hpp"
#include "actors/store/committer.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/json.hpp"
#include "messages/snapshot.capnp.h"
#include "tests/bench/bench_system.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>
#include <chrono>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

namespace hive {
namespace {

constexpr const char* recipe = R"({"actions":[
  {"action_id":1,"experience":{"avg_duration_seconds":2.5,"success_rate":0.95,"run_count":10,"tool_stats":{"a":5}}},
  {"action_id":2,"experience":{"avg_duration_seconds":1.5,"success_rate":0.85,"run_count":10,"tool_stats":{"b":5}}},
  {"action_id":3,"experience":{"avg_duration_seconds":3.5,"success_rate":0.75,"run_count":10,"tool_stats":{"c":5}}},
  {"action_id":4,"experience":{"avg_duration_seconds":4.5,"success_rate":0.65,"run_count":10,"tool_stats":{"d":5}}},
  {"action_id":5,"experience":{"avg_duration_seconds":5.5,"success_rate":0.55,"run_count":10,"tool_stats":{"e":5}}}],
  "experience_meta":{"total_runs":50,"bottleneck_action_id":5}})";

/// A store with the services of agents.
class agents_node {
public:
  agents_node() {
    open();
  }

  ~agents_node() {
    close();
  }

  void restart() {
    close();
    open();
  }

  template <class Answer, class Message>
  Answer ask(const Message& message) {
    return ask<Answer>(directory_, message);
  }

  visit_report visit() {
    return ask<visit_report>(validator_, visit_agents{});
  }

  template <class T, class Fill>
  static msg<T> about(uint32_t agent, Fill fill) {
    return msg<T>::build([&](typename T::Builder out) {
      out.setPromptId("prompt-" + std::to_string(agent));
      out.setFlowId("0");
      fill(out);
    });
  }

  /// Sends `count` messages, `make(i)` each, with at most `outstanding` unanswered ones.
  template <class Answer, class Make>
  void pipeline(uint32_t count, uint32_t outstanding, Make make) {
    uint32_t sent = 0;
    for (uint32_t answered = 0; answered < count; ++answered) {
      for (; sent < count && sent < answered + outstanding; ++sent)
        client_->send(directory_, make(sent));
      client_->receive([](const Answer&) {}, [](const caf::error& error) { throw std::runtime_error(text_of(error)); });
    }
  }

  const std::filesystem::path& directory() const {
    return temp_.path();
  }

private:
  template <class Answer, class Handle, class Message>
  Answer ask(const Handle& whom, const Message& message) {
    Answer out;
    client_->request(whom, caf::infinite, message)
      .receive([&](Answer& answer) { out = std::move(answer); },
               [](const caf::error& error) { throw std::runtime_error(text_of(error)); });
    return out;
  }

  void open() {
    auto opened = database::open({.directory = temp_.path() / "data"});
    if (!opened)
      throw std::runtime_error(text_of(opened.error()));
    db_ = std::move(*opened);
    write_set identity; // a store without one does not open again
    identity.put(column::meta, keys::node(), "n");
    if (auto failed = db_->write(identity))
      throw std::runtime_error(text_of(failed));
    committer_ = spawn_committer(system_, {db_});
    directory_ = spawn_baselines(system_, {db_, committer_, results_, {}}, {});
    validator_ = spawn_validator(system_, {db_, directory_, results_}, {});
  }

  void close() {
    for (const auto& actor : {caf::actor_cast<caf::actor>(validator_), caf::actor_cast<caf::actor>(directory_),
                              caf::actor_cast<caf::actor>(committer_)}) {
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      client_->wait_for(actor);
    }
    validator_ = validator_actor{};
    directory_ = judging_baselines_actor{};
    committer_ = committer_actor{};
    while (db_.use_count() > 1) // agents in use end after their directory
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    db_.reset();
  }

  temporary_directory temp_;
  bench_config config_;
  caf::actor_system system_{config_};
  caf::scoped_actor client_{system_};
  std::shared_ptr<database> db_;
  committer_actor committer_;
  std::shared_ptr<results_board> results_ = std::make_shared<results_board>();
  judging_baselines_actor directory_;
  validator_actor validator_;
};

void put_recipes(agents_node& node, uint32_t agents) {
  node.pipeline<msg<wire::AgentInputStored>>(agents, 1'024, [](uint32_t i) {
    return agents_node::about<wire::PutRecipe>(i, [](wire::PutRecipe::Builder out) { out.setRecipe(recipe); });
  });
}

msg<wire::CaptureBaseline> capture_of(uint32_t agent) {
  return agents_node::about<wire::CaptureBaseline>(
    agent, [](wire::CaptureBaseline::Builder out) { out.setTrigger("prompt_change"); });
}

void sync_directory(const std::filesystem::path& path) {
  int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY);
  fsync(directory);
  ::close(directory);
}

/// Whether the name of a file that is written survives a crash, as its content does.
enum class file_names { durable, not_yet };

/// Writes `count` documents as files. Returns the rate.
double write_files(const std::filesystem::path& directory, const std::string& document, uint32_t count,
                   file_names names) {
  std::filesystem::create_directories(directory);
  auto start = bench_clock::now();
  for (uint32_t i = 0; i < count; ++i) {
    auto name = directory / ("v" + std::to_string(i) + ".json");
    auto half = name.string() + ".tmp";
    int file = ::open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (::write(file, document.data(), document.size()) != static_cast<ssize_t>(document.size()))
      throw std::runtime_error("short write");
    fsync(file);
    ::close(file);
    std::filesystem::rename(half, name);
    if (names == file_names::durable)
      sync_directory(directory);
  }
  return count / seconds_since(start);
}

void agent_captures(benchmark::State& state) {
  constexpr uint32_t agents = 1'000;
  constexpr uint32_t captures = 100'000;
  constexpr uint32_t files = 1'000;
  auto outstanding = static_cast<uint32_t>(state.range(0));
  agents_node node;
  put_recipes(node, agents);
  auto outcome = node.ask<msg<wire::CaptureOutcome>>(capture_of(0));
  auto document = to_pretty_json(msg<wire::Baseline>::copy_of(outcome->getBaseline()));
  double seconds = 0;
  double files_per_s = 0;
  double named_files_per_s = 0;
  for (auto _ : state) {
    auto start = bench_clock::now();
    node.pipeline<msg<wire::CaptureOutcome>>(captures, outstanding, [](uint32_t i) { return capture_of(i % agents); });
    seconds = seconds_since(start);
    files_per_s = write_files(node.directory() / "files", document, files, file_names::not_yet);
    named_files_per_s = write_files(node.directory() / "named", document, files, file_names::durable);
  }
  state.counters["captures_per_s"] = captures / seconds;
  state.counters["files_per_s"] = files_per_s;
  state.counters["ratio"] = captures / seconds / files_per_s;
  state.counters["named_files_per_s"] = named_files_per_s;
  state.counters["named_ratio"] = captures / seconds / named_files_per_s;
}

void agent_validation(benchmark::State& state) {
  constexpr uint32_t agents = 10'000;
  agents_node node;
  put_recipes(node, agents);
  node.pipeline<msg<wire::CaptureOutcome>>(agents, 1'024, [](uint32_t i) { return capture_of(i); });
  double cold = 0;
  double warm = 0;
  for (auto _ : state) {
    node.restart();
    auto start = bench_clock::now();
    if (node.visit().examined != agents)
      state.SkipWithError("not all agents were examined");
    cold = seconds_since(start);
    start = bench_clock::now();
    node.visit();
    warm = seconds_since(start);
  }
  state.counters["full_ms"] = cold * 1e3;
  state.counters["next_ms"] = warm * 1e3;
}

void agent_runs(benchmark::State& state) {
  constexpr uint32_t agents = 100;
  constexpr uint32_t messages = 2'000;
  constexpr uint32_t runs = 100;
  agents_node node;
  double seconds = 0;
  for (auto _ : state) {
    auto start = bench_clock::now();
    node.pipeline<msg<wire::AgentInputStored>>(messages, 64, [](uint32_t i) {
      return agents_node::about<wire::AddRuns>(i % agents, [i](wire::AddRuns::Builder out) {
        uint32_t n = 0;
        for (auto run : out.initRuns(runs)) {
          auto mixed = (uint64_t{i} * runs + n++) * 0x9e3779b97f4a7c15ULL >> 20;
          run.setActionId("1");
          run.setOutcome(mixed % 10 == 0 ? wire::RunOutcome::FAILURE : wire::RunOutcome::SUCCESS);
          run.setDurationS(static_cast<double>(mixed % 1'000) / 100);
        }
      });
    });
    seconds = seconds_since(start);
  }
  state.counters["runs_per_s"] = double{messages} * runs / seconds;
}

BENCHMARK(agent_captures)->Arg(64)->Arg(1024)->Arg(4096)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(agent_validation)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(agent_runs)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace
} // namespace hive
