#pragma once

#include "actors/benchmark/capture_tally.hpp"
#include "actors/node/descriptor_limit.hpp"
#include "apps/hived/config.hpp"
#include "messages/gpu_probe.capnp.h"
#include "platform/identity/node_identity.hpp"
#include "platform/identity/trust_register.hpp"
#include "platform/service_manager.hpp"
#include "storage/database.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <prometheus/registry.h>
#include <string>

namespace hive {

/// The node's state in words, written by the supervisor and read by the HTTP server's thread.
class node_status {
public:
  void set(const std::string& now) {
    std::lock_guard lock{mutex_};
    text_ = now;
  }

  std::string get() const {
    std::lock_guard lock{mutex_};
    return text_;
  }

private:
  mutable std::mutex mutex_;
  std::string text_ = "starting";
};

/// What the first report of the GPU probe said; written when the probe has started, read by services in other threads.
class first_gpus {
public:
  void set(msg<wire::GpuReport> report);
  void set_unknown(std::string why);

  /// For the description of the machine: see names_of.
  std::string names() const;
  /// The same for the driver: see driver_of; empty while unknown.
  std::string driver() const;
  /// Nothing while the GPUs are unknown.
  std::optional<msg<wire::GpuReport>> report() const;

private:
  mutable std::mutex mutex_;
  std::optional<msg<wire::GpuReport>> report_;
  std::string unknown_ = "the GPU probe has not been started";
};

/// The certificate, key and CAs in use; none without TLS. Written when they are renewed, read by services that restart
/// in another thread.
class shown_credentials {
public:
  explicit shown_credentials(std::optional<credentials> first) : now_{std::move(first)} {
  }

  void set(credentials next) {
    std::lock_guard lock{mutex_};
    now_ = std::move(next);
  }

  std::optional<credentials> get() const {
    std::lock_guard lock{mutex_};
    return now_;
  }

private:
  mutable std::mutex mutex_;
  std::optional<credentials> now_;
};

/// CAF's settings for a node with this door and so many threads for its actors.
struct caf_config : caf::actor_system_config {
  caf_config(const door_config& door, size_t threads);
};

/// What the groups of services share. Outlives all services.
struct node_context {
  /// Raises the limit of descriptors, opens the store, and increments and stores the epoch.
  static caf::expected<std::unique_ptr<node_context>> open(const node_config& config);

  node_context(const node_config& given, const descriptor_budget& budget);

  node_config config; ///< has the ports actually bound once the HTTP server and the door have started
  descriptor_budget descriptors;
  node_identity identity; ///< its epoch also increases when services restart
  std::shared_ptr<database> db;
  std::shared_ptr<node_status> status = std::make_shared<node_status>();
  std::shared_ptr<first_gpus> gpus = std::make_shared<first_gpus>();
  std::shared_ptr<capture_tally> captures = std::make_shared<capture_tally>(); ///< of all namespaces
  std::shared_ptr<shown_credentials> shown = std::make_shared<shown_credentials>(config.door.shown);
  std::shared_ptr<trust_register> trust = std::make_shared<trust_register>();
  service_manager manager = service_manager::of_environment();
  std::shared_ptr<prometheus::Registry> metrics = std::make_shared<prometheus::Registry>();
  std::chrono::steady_clock::time_point started_at = std::chrono::steady_clock::now();
  caf_config system_config;
  caf::actor_system system;
};

/// The node's description of itself for others.
msg<wire::NodeCard> describe_node(const node_context& node);

} // namespace hive
