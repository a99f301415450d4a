#pragma once

#include "actors/benchmark/guardrail_adapter.hpp"
#include "actors/benchmark/model_registry_adapter.hpp"
#include "actors/benchmark/regression_adapter.hpp"
#include "actors/benchmark/world_model_adapter.hpp"
#include "actors/daemon/coding_daemon.hpp"
#include "actors/http/server.hpp"
#include "actors/tracker/tracker.hpp"
#include "storage/database.hpp"

#include <filesystem>
#include <string>

namespace hive {

/// All that a node can be told, with its defaults. Built from the command line, the environment and the TOML file, in
/// this order of precedence.
struct node_config {
  /// Name of the node in its snapshots; the machine's host name when not given.
  std::string name;
  /// Git checkout whose HEAD names the commit of a capture; the working directory when not given.
  std::filesystem::path checkout = ".";
  /// trace, debug, info, warning, error or critical.
  std::string log_level = "info";
  database_options store;
  http::server_options http;
  /// Times that each adapter measures in a capture that names no number.
  uint32_t repeats = 1;
  model_registry_options model_registry;
  world_model_options world_model;
  regression_options regression;
  guardrail_options guardrail;
  tracker_options tracker;
  coding_daemon_options coding_daemon;
};

/// Applies the TOML file to `config`. Throws config_error, which names file, line and key.
void read_config_file(const std::filesystem::path& file, node_config& config);

/// Takes `ADDRESS:PORT` apart (IPv6 addresses in brackets). Throws config_error, which names `option`.
void parse_endpoint(std::string_view text, std::string_view option, std::string& address, uint16_t& port);

/// What the file alone cannot tell. Throws config_error.
void validate(const node_config& config);

} // namespace hive
