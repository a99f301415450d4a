// An engine that leases a GPU of its node, says so, and waits to be killed.
//
//     leasing_engine DOOR TLS_DIRECTORY VRAM_GB

#include "actors/engine_client/engine.hpp"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 4)
    return 64;
  auto engine = hive::engine::connect({.address = argv[1], .tls = argv[2]});
  if (!engine) {
    std::fprintf(stderr, "connect: %s\n", hive::text_of(engine.error()).c_str());
    return 1;
  }
  auto lease = engine->lease({.vram_gb = std::strtod(argv[3], nullptr)});
  if (!lease) {
    std::fprintf(stderr, "lease: %s\n", hive::text_of(lease.error()).c_str());
    return 1;
  }
  std::printf("%s\n", lease->id().c_str());
  std::fflush(stdout);
  while (true)
    ::pause();
}
