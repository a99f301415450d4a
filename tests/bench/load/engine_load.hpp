#pragma once

#include <filesystem>
#include <string>

namespace hive::load {

/// An engine's connection with a node.
struct engine_target {
  std::string door;          ///< ADDRESS:PORT
  std::filesystem::path tls; ///< may be empty
};

/// Pings to the engine's session.
struct ping_plan {
  size_t bytes = 64;
  size_t outstanding = 1;
  size_t count = 0;
};

/// Seconds until all pongs have come.
double ping_session(const engine_target& target, const ping_plan& plan);

/// Spawns adapters on the node, one after the other, and ends each. Returns the seconds in which the handles arrived.
double spawn_adapters(const engine_target& target, size_t count);

/// Makes a CA in `directory`, and a certificate for a node and for an engine in `directory/node` and
/// `directory/engine`.
void make_certificates(const std::filesystem::path& directory);

} // namespace hive::load
