#include "apps/hivectl/mcp/held_leases.hpp"

namespace hive::ctl::mcp {
namespace {

/// Of a node that does not say.
constexpr double usual_ttl_s = 30;

std::chrono::milliseconds ttl_of(wire::Lease::Reader lease) {
  auto ttl = std::chrono::duration<double>{lease.getTtlS() > 0 ? lease.getTtlS() : usual_ttl_s};
  return std::chrono::duration_cast<std::chrono::milliseconds>(ttl);
}

} // namespace

void held_leases::hold(const msg<wire::Lease>& lease) {
  std::string id = lease->getId().cStr(), token = lease->getToken().cStr();
  let_go(id); // a repeated request has the same lease
  std::lock_guard lock{mutex_};
  auto& place = leases_[id];
  place.token = token;
  place.keeper = std::make_unique<lease_keeper>(
    s_, ttl_of(*lease), lease_renewal{id, token},
    [this, id](const std::string& reason, const std::stop_token&) { note_loss(id, reason); });
}

std::optional<std::string> held_leases::token_of(const std::string& id) const {
  std::lock_guard lock{mutex_};
  auto found = leases_.find(id);
  return found == leases_.end() ? std::nullopt : std::optional{found->second.token};
}

std::string held_leases::loss_of(const std::string& id) const {
  std::lock_guard lock{mutex_};
  auto found = leases_.find(id);
  return found == leases_.end() ? std::string{} : found->second.loss;
}

bool held_leases::let_go(const std::string& id) {
  decltype(leases_)::node_type gone; // its thread ends outside of the lock, which it may wait for
  std::lock_guard lock{mutex_};
  gone = leases_.extract(id);
  return !gone.empty();
}

void held_leases::release_all(std::chrono::milliseconds patience) {
  decltype(leases_) all;
  {
    std::lock_guard lock{mutex_};
    all.swap(leases_);
  }
  std::stop_source late;
  std::jthread timer{[&](const std::stop_token& done) {
    pause_until(patience, done);
    if (!done.stop_requested())
      late.request_stop();
  }};
  for (auto& [id, lease] : all) {
    lease.keeper.reset();
    if (!lease.loss.empty())
      continue;
    auto released = release_lease(s_.node, {.id = id, .token = lease.token}, late.get_token());
    if (!released && code_of(released.error()) == ec::unauthorized) // the node started again
      if (auto again = s_.connect())
        released = release_lease(*again, {.id = id, .token = lease.token}, late.get_token());
    if (!released)
      s_.out.remark("lease " + id + " could not be given back and ends by itself: " + text_of(released.error()));
  }
}

void held_leases::note_loss(const std::string& id, const std::string& reason) {
  s_.out.remark(reason);
  std::lock_guard lock{mutex_};
  if (auto found = leases_.find(id); found != leases_.end())
    found->second.loss = reason;
}

} // namespace hive::ctl::mcp
