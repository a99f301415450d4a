#pragma once

#include "actors/hive/link/credential_watch.hpp"
#include "actors/hive/link/door.hpp"
#include "apps/hived/wiring/engine_group.hpp"
#include "apps/hived/wiring/federation_group.hpp"

#include <caf/actor_addr.hpp>
#include <functional>
#include <memory>
#include <mutex>

namespace hive {

/// The address of an actor that may be restarted. Keeps no actor alive.
class current_actor {
public:
  void set(const caf::actor_addr& now) {
    std::lock_guard lock{mutex_};
    now_ = now;
  }

  caf::actor_addr get() const {
    std::lock_guard lock{mutex_};
    return now_;
  }

private:
  mutable std::mutex mutex_;
  caf::actor_addr now_;
};

/// The door for nodes and engines. No services if the configuration has no door.
class door_group final : public service_group {
public:
  door_group(node_context& node, const federation_group& federation, const engine_group& engines)
      : node_{node}, federation_{federation}, engines_{engines} {
  }

  std::vector<service> services() override;

  /// Has the certificates read again. May be called from any thread, also when the node has ended. Does nothing without
  /// TLS.
  std::function<void()> certificate_reload() const;

private:
  caf::expected<door_actor> start_door();
  credential_watch_actor start_watch();

  node_context& node_;
  const federation_group& federation_;
  const engine_group& engines_;
  door_actor door_;
  credential_watch_actor watch_;
  std::shared_ptr<current_actor> watch_address_ = std::make_shared<current_actor>();
};

} // namespace hive
