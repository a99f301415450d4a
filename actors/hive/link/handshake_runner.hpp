#pragma once

#include "actors/hive/link/dialler.hpp"
#include "actors/hive/link/hello.hpp"
#include "actors/hive/link/link_table.hpp"

#include <atomic>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <memory>
#include <mutex>
#include <random>
#include <set>

namespace hive {

/// Somebody's hello is in order; may it become the link?
struct admission_request {
  connection_id connection;
  link_table::candidate candidate;
  certificate_role role = certificate_role::node;
};

/// Both ends have admitted each other.
struct handshake_done {
  connection_id connection;
  std::optional<endpoint> dialled; ///< nothing for a connection that was accepted
  verified_peer peer;
  std::shared_ptr<channel> stream;
};

/// They have not, or did not get so far.
struct handshake_failed {
  connection_id connection;
  std::optional<endpoint> dialled;
  std::string remote;
  std::optional<node_id> node; ///< who is there, as far as it is known
  caf::error why;
};

/// The listening socket is gone: nobody can come in any more.
struct listening_failed {
  caf::error why;
};

/// internal: what the greeting threads tell the door.
using handshake_owner_actor =
  caf::typed_actor<caf::replies_to<admission_request>::with<caf::ok_atom>, caf::reacts_to<handshake_done>,
                   caf::reacts_to<handshake_failed>, caf::reacts_to<listening_failed>>;

/// Takes care of the engines that come to the door, which tells it of them as it was told itself.
using engine_host_actor = caf::typed_actor<caf::replies_to<admission_request>::with<caf::ok_atom>,
                                           caf::reacts_to<handshake_done>, caf::reacts_to<handshake_failed>>;

/// Connections whose other end is not known yet. Each is verified_peer on a thread of its own, for a bounded time, as
/// many at once as `max_handshakes`; further ones that come in are closed. Stops with its owner: then all sockets are
/// shut down, so that no thread waits for a stranger.
class handshake_runner : public std::enable_shared_from_this<handshake_runner> {
public:
  handshake_runner(hello_sender self, std::optional<tls_context> tls, std::chrono::milliseconds timeout,
                   look_up_function look_up = system_look_up)
      : self_{std::move(self)}, tls_{std::move(tls)}, timeout_{timeout}, dialler_{std::move(look_up)} {
  }

  /// Accepts connections from `listening` until `stop`.
  void listen(caf::actor_system& system, handshake_owner_actor owner, unique_fd listening);

  /// Dials `to`; `owner` is told the end.
  void dial(caf::actor_system& system, const handshake_owner_actor& owner, const endpoint& to);

  /// Ends all threads soon. Afterwards nothing begins.
  void stop();

private:
  /// A socket that `stop` may shut down meanwhile.
  class registration;

  void accept_all(caf::actor_system& system, const handshake_owner_actor& owner, const unique_fd& listening);
  void run(caf::actor_system& system, const handshake_owner_actor& owner, unique_fd fd,
           const std::optional<endpoint>& dialled);
  caf::error ask(caf::actor_system& system, const handshake_owner_actor& owner, const admission_request& what) const;

  const hello_sender self_;
  const std::optional<tls_context> tls_;
  const std::chrono::milliseconds timeout_;
  dialler dialler_;
  /// Begins anywhere, so that an engine's connection of a door that was restarted is not taken for a new one.
  std::atomic<uint64_t> connections_ = uint64_t{std::random_device{}()} << 32;
  std::atomic<size_t> accepted_ = 0;
  std::mutex mutex_;
  std::set<int> sockets_;
  bool stopped_ = false;
};

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::admission_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::handshake_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::handshake_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::listening_failed)
