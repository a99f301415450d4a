#pragma once

#include "messages/engine.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace hive {

/// What is to be spawned for an engine that speaks HTTP.
struct spawn_plan {
  std::string engine; ///< its name
  wire::SpawnedKind kind;
  std::string name; ///< of the adapter, or id of the session
  bool stay = false;
  msg<wire::SpawnRequest> request;
};

/// Name of an engine that has none: it shows no configured token, and gives no name.
inline constexpr std::string_view nameless_engine = "operator";

/// Reads a request over HTTP. `token` is the name of the configured token that it showed, if any: it names the engine.
/// ec::invalid unless exactly one thing is to be spawned, and when the token's name can name no engine; ec::forbidden
/// when the request names another engine than the token.
caf::expected<spawn_plan> read_spawn_request(const std::string& token, wire::StartSpawned::Reader asked);

} // namespace hive
