#pragma once

#include "apps/hivectl/lease_client.hpp"

#include <thread>

namespace hive::ctl {

/// Renews a lease from a thread until it is destroyed or the lease has ended. A node that is away is asked until it is
/// back: it goes on with its leases after a restart.
class lease_keeper {
public:
  /// Called in the thread, once, with the reason when the lease has ended. It should end when it is asked to stop.
  using loss_handler = std::function<void(const std::string& reason, const std::stop_token&)>;

  /// `s` must outlive it.
  lease_keeper(session& s, std::chrono::milliseconds ttl, lease_renewal renewal, loss_handler on_loss);

private:
  void run(const std::stop_token& stop);
  caf::expected<msg<wire::Lease>> ask(bool is_renewal, const std::stop_token& stop);
  std::string reason_of_end(const caf::error& error, const std::stop_token& stop) const;
  void note_failure(const caf::error& error);
  void note_answer();

  session& s_;
  client node_;
  const std::chrono::milliseconds interval_; ///< between renewals
  const lease_renewal renewal_;
  const loss_handler on_loss_;
  bool fails_ = false;
  std::jthread thread_; ///< last member: the thread uses the others
};

} // namespace hive::ctl
