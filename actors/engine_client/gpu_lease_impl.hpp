#pragma once

#include "actors/engine_client/gpu_lease.hpp"
#include "actors/engine_client/lease_keeper.hpp"
#include "actors/engine_client/lease_status.hpp"

#include <atomic>
#include <caf/actor_system.hpp>

namespace hive {

struct gpu_lease::impl {
  caf::actor_system& system;
  engine_session_actor session;
  lease_keeper_actor keeper;
  std::shared_ptr<lease_status> status;
  std::chrono::milliseconds timeout; ///< of a request
  node_id node;
  msg<wire::Lease> record;
  std::string id;
  std::string token;
  std::vector<leased_gpu> devices;
  std::atomic<bool> is_given_back = false;
};

std::vector<leased_gpu> devices_of(wire::Lease::Reader lease);

} // namespace hive
