#pragma once

#include "actors/benchmark/guardrail_adapter.hpp"
#include "actors/benchmark/model_registry_adapter.hpp"
#include "actors/benchmark/regression_adapter.hpp"
#include "actors/benchmark/world_model_adapter.hpp"
#include "actors/daemon/coding_daemon.hpp"
#include "actors/engines/spawn_policy.hpp"
#include "actors/hive/core/federation_profile.hpp"
#include "actors/hive/link/network.hpp"
#include "actors/hive/members/overlay.hpp"
#include "actors/http/server.hpp"
#include "actors/tracker/tracker.hpp"
#include "apps/hived/effective_config.hpp"
#include "messages/hive.capnp.h"
#include "platform/endpoint.hpp"
#include "platform/identity/credentials.hpp"
#include "storage/database.hpp"

#include <filesystem>
#include <string>

namespace hive {

/// How a node meets others.
struct door_config {
  /// Where others come in; without it the node stands alone.
  std::optional<endpoint> listen;
  /// Where others shall dial, when that is another address.
  std::optional<endpoint> advertise;
  /// Doors of nodes to link with at once.
  std::vector<endpoint> join;
  /// Directory with ca.pem, cert.pem and key.pem; empty: plain, which only the loopback allows.
  std::filesystem::path tls;
  /// What `tls` holds, once it has been read.
  std::optional<credentials> shown;
  network_options network;
};

/// What agent engines may have spawned.
struct engines_config {
  /// adapter, research. Both when not given, if the door has TLS, else neither: then anybody on the machine is an
  /// engine.
  std::optional<std::vector<std::string>> allow;
  spawn_policy policy; ///< as `allow` leaves it open
};

/// Where the tokens for HTTP come from, so that they can be read again.
struct token_sources {
  std::vector<http::access_token> configured; ///< [[http.tokens]]
  std::filesystem::path file;                 ///< http.tokens_file; empty: none
};

/// The tokens of the configuration and those that the file holds now. Throws config_error, which names the file, the
/// line and the key.
std::vector<http::access_token> read_tokens(const token_sources& from);

/// Who said the settings that can be judged only when all has been read: FILE:LINE: KEY, an option, or the key of one
/// that nobody said. For messages.
struct setting_origins {
  std::string name = "node.name, by default the host name,";
  std::string log_level = "node.log_level";
  std::string http = "http.listen";
  std::string door = "door.listen";
  std::string join = "door.join";
  std::string tls = "door.tls";
};

/// All that a node can be told, with its defaults. Built from the command line, the environment and the TOML file, in
/// this order of precedence.
struct node_config {
  /// Name of the node in its snapshots; the machine's host name when not given.
  std::string name;
  wire::NodeTier tier = wire::NodeTier::FLAT;
  /// Free words by which others choose this node.
  std::vector<std::string> labels;
  /// Git checkout whose HEAD names the commit of a capture; the working directory when not given.
  std::filesystem::path checkout = ".";
  /// trace, debug, info, warning, error or critical.
  std::string log_level = "info";
  database_options store;
  http::server_options http;
  token_sources tokens;
  door_config door;
  engines_config engines;
  /// Times that each adapter measures in a capture that names no number.
  uint32_t repeats = 1;
  model_registry_options model_registry;
  world_model_options world_model;
  regression_options regression;
  guardrail_options guardrail;
  tracker_options tracker;
  federation_profile gossip;
  overlay_options overlay;
  coding_daemon_options coding_daemon;
  setting_origins origins;
};

/// Applies the TOML file to `config`, or nothing when `file` is empty, and keeps in `reading` what every key means
/// then. Throws config_error, which names file, line and key of the faults: the first one of each section, and all
/// unknown keys.
void read_config_file(const std::filesystem::path& file, node_config& config, config_reading& reading);

/// Takes `ADDRESS:PORT` apart (IPv6 addresses in brackets). Throws config_error, which names `option`.
endpoint parse_endpoint(std::string_view text, std::string_view option);

/// The policy with what is allowed, which depends on whether the door has TLS.
spawn_policy engine_policy(const node_config& config);

/// Reads the certificates that the door shows, if it has TLS. Throws config_error, which names their file.
void read_credentials(node_config& config);

/// What the file alone cannot tell, once the certificates are read. Throws config_error.
void validate(const node_config& config);

} // namespace hive
