#pragma once

#include "actors/gpu/api.hpp"
#include "messages/ids.hpp"
#include "platform/process_stamp.hpp"

#include <caf/actor_addr.hpp>
#include <caf/scheduled_actor.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace hive {

/// Who holds the leases: processes and actors of this machine.
class lease_processes {
public:
  /// The leader of the group that uses the lease.
  void name(lease_id id, const process_stamp& who);
  /// An actor of this node holds the lease.
  void hold(lease_id id, lease_holder_actor holder);
  /// Processes of the lease have this as HIVE_LEASE_TOKEN in their environment.
  void expect(lease_id id, const std::string& token);
  void forget(lease_id id);

  /// The lease that a process on a device belongs to: its environment has the token, or it descends from the leader, or
  /// is of its group. Remembered until `forget`, for `kill`.
  std::optional<lease_id> lease_of(uint32_t pid);

  bool has_named() const {
    return !named_.empty();
  }
  bool has_named(lease_id id) const {
    return named_.contains(id);
  }
  std::vector<lease_id> held_by(const caf::actor_addr& holder) const;

  /// Leases whose leader has ended; each is named once.
  std::vector<lease_id> take_ended();

  /// Asks the holder to give the lease back: SIGTERM, or a message.
  void ask(lease_id id, const std::string& reason) const;

  /// Ends the holder by force. Returns whether there is one that can be seen to end.
  bool kill(lease_id id);

private:
  std::map<lease_id, process_stamp> named_;
  std::map<lease_id, lease_holder_actor> holders_;
  std::unordered_map<std::string, lease_id> tokens_;
  std::map<lease_id, std::string> token_of_;
  std::map<lease_id, std::vector<process_stamp>> seen_; ///< on a device
};

} // namespace hive
