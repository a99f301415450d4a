// An agent engine in C++: records a task, asks which tool to use, has the least loaded node measure something, and uses
// a GPU if a node has one.
//
//     hive-example-engine ADDRESS:PORT [TLS_DIRECTORY]
//
// The node must allow the command that it spawns: [engines] commands = ["/bin/echo"], see docs/how-to/engines.md.

#include "actors/engine_client/engine.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/tracker.capnp.h"

#include <caf/all.hpp>
#include <cstdio>
#include <cstdlib>

namespace {

/// Returns the value, or prints the error and ends the program.
template <class T>
T require(caf::expected<T> got, const char* what) {
  if (got)
    return std::move(*got);
  std::fprintf(stderr, "%s: %s\n", what, hive::text_of(got.error()).c_str());
  std::exit(1);
}

void record_a_task(hive::engine& engine) {
  auto tasks = hive::msg<hive::wire::RecordTasks>::build([](hive::wire::RecordTasks::Builder out) {
    auto task = out.initTasks(1)[0];
    task.setTaskType("refactor");
    task.setToolName("aider");
    task.setCompletionTimeS(12.5);
    task.setSuccess(true);
  });
  require(engine.record(tasks), "record");
  auto route = require(engine.route(hive::msg<hive::wire::RouteQuery>::build([](hive::wire::RouteQuery::Builder out) {
    out.setTaskType("refactor");
    out.initAvailable(1).set(0, "aider");
  })),
                       "route");
  std::printf("the tool for refactor is %s\n", route->getToolName().cStr());
}

/// The handle of a spawned actor is a CAF handle: any actor of the engine's system, here a scoped actor, may send to
/// it.
void measure_elsewhere(hive::engine& engine) {
  auto command = hive::msg<hive::wire::CommandSpec>::build([](hive::wire::CommandSpec::Builder out) {
    out.setName("answer");
    auto words = out.initCommand(2);
    words.set(0, "/bin/echo");
    words.set(1, R"({"metrics": {"answer": {"value": 42, "direction": "higher", "unit": "count"}}})");
    out.setTimeoutS(10);
  });
  auto adapter = require(engine.spawn(command, hive::spawn_place::best()), "spawn");
  caf::scoped_actor self{engine.system()};
  self->request(adapter.actor, std::chrono::seconds{30}, hive::msg<hive::wire::MeasureRequest>{})
    .receive(
      [&](const hive::msg<hive::wire::Measurement>& measured) {
        auto metric = measured->getMetrics()[0];
        std::printf("%s is %g on node %s\n", metric.getName().cStr(), metric.getValue(), adapter.node.value.c_str());
      },
      [](const caf::error& err) {
        std::fprintf(stderr, "measure: %s\n", hive::text_of(err).c_str());
        std::exit(1);
      });
  if (auto err = engine.end(adapter.node, adapter.id)) {
    std::fprintf(stderr, "end: %s\n", hive::text_of(err).c_str());
    std::exit(1);
  }
}

/// The lease is renewed until the object ends, which gives it back.
void use_a_gpu(hive::engine& engine) {
  auto lease = engine.lease({.vram_gb = 1, .shared = true, .place = hive::spawn_place::best()});
  if (!lease) {
    std::printf("no GPU to use: %s\n", hive::text_of(lease.error()).c_str());
    return;
  }
  auto device = lease->devices().front();
  std::printf("lease %s has %llu MiB of %s on node %s\n", lease->id().c_str(),
              static_cast<unsigned long long>(device.vram_mib), device.uuid.c_str(), lease->node().value.c_str());
  lease->ready(); // what this program needs is loaded: the next one may load
  if (lease->is_lost())
    std::printf("stop using it at once: %s\n", lease->why_lost().c_str());
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: hive-example-engine ADDRESS:PORT [TLS_DIRECTORY]\n");
    return 64;
  }
  hive::engine_options options{.address = argv[1], .name = "example"};
  if (argc == 3)
    options.tls = argv[2];
  auto engine = require(hive::engine::connect(options), "connect");
  std::printf("connected with node %s\n", engine.node().value.c_str());
  record_a_task(engine);
  measure_elsewhere(engine);
  use_a_gpu(engine);
  return 0;
}
