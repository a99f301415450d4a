#pragma once

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/http/route.hpp"
#include "actors/node/supervisor.hpp"
#include "actors/slot_topic.hpp"

#include <caf/expected.hpp>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// Services of a node that belong together, and what they give to later groups. A group sets its handles whenever its
/// services start or restart. A restart of one service restarts all later ones, so the handles that a service gets at
/// its start stay valid while it runs.
class service_group {
public:
  service_group() = default;
  service_group(const service_group&) = delete;
  service_group& operator=(const service_group&) = delete;
  virtual ~service_group() = default;

  /// The services in dependency order: each may use those before it, and the handles of earlier groups.
  virtual std::vector<service> services() = 0;

  /// Built-in adapters, for the registry.
  virtual std::vector<adapter_definition> adapters() const {
    return {};
  }

  /// What the node shares with its hive, for the federation.
  virtual std::vector<slot_topic> topics() const {
    return {};
  }

  /// Routes, for the HTTP server.
  virtual std::vector<http::route> routes() const {
    return {};
  }

  /// Whether each namespace has services of this group, and its routes, of its own.
  virtual bool has_namespaces() const {
    return false;
  }
};

using group_list = std::vector<const service_group*>;

/// Joins what all groups give: `gather(groups, &service_group::routes)`.
template <class T>
std::vector<T> gather(const group_list& groups, std::vector<T> (service_group::*give)() const) {
  std::vector<T> out;
  for (const auto* group : groups) {
    auto given = (group->*give)();
    out.insert(out.end(), std::make_move_iterator(given.begin()), std::make_move_iterator(given.end()));
  }
  return out;
}

/// A service that stores its typed handle in `handle`. `spawn` returns the handle, or an error.
template <class Handle, class Spawn>
service make_service(std::string name, Handle& handle, Spawn spawn) {
  return {std::move(name), [&handle, spawn = std::move(spawn)]() -> caf::expected<caf::actor> {
            caf::expected<Handle> started = spawn();
            if (!started)
              return started.error();
            handle = std::move(*started);
            return caf::actor_cast<caf::actor>(handle);
          }};
}

} // namespace hive
