#pragma once

#include "actors/baseline/directory.hpp"
#include "actors/baseline/validator.hpp"
#include "actors/benchmark/agent_baselines_adapter.hpp"
#include "actors/benchmark/guardrail_adapter.hpp"
#include "actors/benchmark/heavy_adapters.hpp"
#include "actors/benchmark/install/install_options.hpp"
#include "actors/benchmark/model_registry_adapter.hpp"
#include "actors/benchmark/regression_adapter.hpp"
#include "actors/benchmark/world_model_adapter.hpp"
#include "actors/daemon/agent_daemon.hpp"
#include "actors/daemon/coding_daemon.hpp"
#include "actors/engines/spawn_policy.hpp"
#include "actors/gpu/gpu_options.hpp"
#include "actors/hive/core/federation_profile.hpp"
#include "actors/hive/link/network.hpp"
#include "actors/hive/members/overlay.hpp"
#include "actors/http/server.hpp"
#include "actors/process/sandbox_host.hpp"
#include "actors/review/review_options.hpp"
#include "actors/scheduling/scheduling.hpp"
#include "actors/tracker/tracker.hpp"
#include "actors/upgrade/hooks/hook_options.hpp"
#include "actors/upgrade/version_targets.hpp"
#include "analysis/canary_stage.hpp"
#include "analysis/metric_rules.hpp"
#include "apps/hived/backup_config.hpp"
#include "apps/hived/effective_config.hpp"
#include "apps/hived/gate_config.hpp"
#include "apps/hived/runtime_directory.hpp"
#include "apps/hived/token_sources.hpp"
#include "messages/hive.capnp.h"
#include "platform/endpoint.hpp"
#include "platform/identity/credentials.hpp"
#include "storage/database.hpp"

#include <filesystem>
#include <string>

namespace hive {

/// How a node connects with others.
struct door_config {
  /// The address on which it accepts connections; without one, the node stands alone.
  std::optional<endpoint> listen;
  /// The address that others dial, if it differs from `listen`.
  std::optional<endpoint> advertise;
  /// Addresses of nodes to connect to at start.
  std::vector<endpoint> join;
  /// Directory with ca.pem, cert.pem and key.pem. Empty: unencrypted, which is allowed only on the loopback.
  std::filesystem::path tls;
  /// The content of `tls`, once read.
  std::optional<credentials> shown;
  network_options network;
};

/// What agent engines may spawn.
struct engines_config {
  /// Any of adapter, research. Default: both if the door has TLS, else none, since without TLS everybody on the machine
  /// can act as an engine.
  std::optional<std::vector<std::string>> allow;
  spawn_policy policy; ///< with `allow` not yet applied
};

/// Origins of settings that can be checked only after everything was read, for error messages: FILE:LINE: KEY, an
/// option, or the key of a default.
struct setting_origins {
  std::string name = "node.name, by default the host name,";
  std::string log_level = "node.log_level";
  std::string http = "http.listen";
  std::string door = "door.listen";
  std::string join = "door.join";
  std::string tls = "door.tls";
};

/// A node's complete configuration with its defaults. Built from command line, environment and TOML file, in this order
/// of precedence.
struct node_config {
  /// The TOML file that was read; empty: none.
  std::filesystem::path file;
  /// The node's name in its snapshots; defaults to the machine's host name.
  std::string name;
  wire::NodeTier tier = wire::NodeTier::FLAT;
  /// Free-form labels by which others select this node.
  std::vector<std::string> labels;
  /// Git checkout; captures record its HEAD as the commit of the software. Defaults to the working directory.
  std::filesystem::path checkout = ".";
  /// trace, debug, info, warning, error or critical.
  std::string log_level = "info";
  /// Threads that run the actors; those that block have threads of their own.
  size_t threads = default_actor_threads();
  database_options store;
  backup_config backup;
  http::server_options http;
  token_sources tokens;
  size_t metric_series = 2'000; ///< measured metrics that Prometheus sees
  door_config door;
  engines_config engines;
  /// Measurements per adapter in a capture that states no number.
  uint32_t repeats = 1;
  model_registry_options model_registry;
  world_model_options world_model;
  regression_options regression;
  guardrail_options guardrail;
  agent_baselines_options agent_baselines;
  gpu_options gpu;
  review_options review;
  install_options install; ///< with an empty directory: ~/.hevolve/benchmarks
  sandbox::host_options sandboxes;
  quantiphy_options quantiphy;
  embodied_options embodied;
  qwen_encoder_options qwen_encoder;
  /// How versions of the software are run side by side.
  version_targets versions;
  /// What runs on a decision of the hive.
  hook_runner_options hooks;
  /// Whether a hook of which a start of the node does not know how it ended runs again, with the same token.
  bool hooks_rerun_unknown = false;
  /// By what the stages of a rollout are judged; durations and blocks are those of each stage.
  analysis::canary_options stage_health;
  tracker_options tracker;
  federation_profile gossip;
  /// Directory outside of the data directory for the stamp of what was told; empty: none. Default: runtime_directory().
  std::filesystem::path run_directory = runtime_directory();
  overlay_options overlay;
  coding_daemon_options coding_daemon;
  agent_daemon_options agent_daemon;
  validator_options agents;
  baselines_options baselines;
  /// Most namespaces that may exist; 0: none.
  size_t max_namespaces = defaults::max_namespaces;
  /// Folder with recipes and prompts to follow; empty: none.
  std::filesystem::path prompts;
  /// Who decides on upgrades of the hive.
  gate_config gate;
  /// The operator's rules for metrics, the first that fits counts.
  std::vector<analysis::configured_rules> metric_rules;
  setting_origins origins;
};

/// Applies the TOML file, if any, to `config` and records all values in `reading`. Throws config_error, which names
/// file, line and key of each fault: the first in each section, and all unknown keys.
void read_config_file(const std::filesystem::path& file, node_config& config, config_reading& reading);

/// Parses `ADDRESS:PORT` (IPv6 addresses in brackets). Throws config_error, which names `option`.
endpoint parse_endpoint(std::string_view text, std::string_view option);

/// The spawn policy with its defaults, which depend on whether the door has TLS.
spawn_policy engine_policy(const node_config& config);

/// Reads the door's certificates, if it has TLS. Throws config_error, which names the file.
void read_credentials(node_config& config);

/// Checks settings that depend on each other or on the certificates. Throws config_error.
void validate(const node_config& config);

} // namespace hive
