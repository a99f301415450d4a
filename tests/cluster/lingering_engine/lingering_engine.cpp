// An engine that has a node measure something endless, says so, and waits to be killed.
//
//     lingering_engine DOOR TLS_DIRECTORY NODE MARK ends|stays

#include "actors/engine_client/engine.hpp"
#include "messages/benchmark.capnp.h"

#include <caf/all.hpp>
#include <cstdio>
#include <string>
#include <unistd.h>

namespace {

hive::msg<hive::wire::CommandSpec> endless(const std::string& mark) {
  return hive::msg<hive::wire::CommandSpec>::build([&](hive::wire::CommandSpec::Builder out) {
    out.setName("endless");
    auto words = out.initCommand(4);
    words.set(0, "/bin/sh");
    words.set(1, "-c");
    words.set(2, "trap '' TERM; while true; do sleep 1; done"); // only SIGKILL ends it
    words.set(3, mark);
    out.setTimeoutS(3'600);
  });
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 6)
    return 64;
  auto engine = hive::engine::connect({.address = argv[1], .tls = argv[2]});
  if (!engine) {
    std::fprintf(stderr, "connect: %s\n", hive::text_of(engine.error()).c_str());
    return 1;
  }
  auto life = argv[5] == std::string{"stays"} ? hive::spawn_life::stays : hive::spawn_life::ends_with_engine;
  auto adapter = engine->spawn(endless(argv[4]), hive::spawn_place::on({argv[3]}), life);
  if (!adapter) {
    std::fprintf(stderr, "spawn: %s\n", hive::text_of(adapter.error()).c_str());
    return 1;
  }
  std::printf("%s\n", adapter->id.c_str());
  std::fflush(stdout);
  caf::scoped_actor self{engine->system()};
  self->request(adapter->actor, std::chrono::minutes{60}, hive::msg<hive::wire::MeasureRequest>{})
    .receive([](const hive::msg<hive::wire::Measurement>&) {},
             [](const caf::error& err) { std::fprintf(stderr, "measure: %s\n", hive::text_of(err).c_str()); });
  while (true)
    ::pause();
}
