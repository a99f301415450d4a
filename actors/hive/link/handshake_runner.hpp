#pragma once

#include "actors/hive/link/api.hpp"
#include "actors/hive/link/dialler.hpp"
#include "actors/hive/link/hello.hpp"
#include "actors/hive/link/link_table.hpp"
#include "platform/identity/trust_register.hpp"

#include <atomic>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <memory>
#include <mutex>
#include <random>
#include <set>

namespace hive {

/// A handshake has been verified; asks whether to accept the connection.
struct admission_request {
  connection_id connection;
  link_table::candidate candidate;
  certificate_role role = certificate_role::node;
};

/// Both ends have accepted the connection.
struct handshake_done {
  connection_id connection;
  std::optional<endpoint> dialled; ///< none for an incoming connection
  verified_peer peer;
  std::shared_ptr<channel> stream;
};

/// The handshake failed, or one end refused the connection.
struct handshake_failed {
  connection_id connection;
  std::optional<endpoint> dialled;
  std::string remote;
  std::optional<node_id> node; ///< the peer, if it has identified itself
  caf::error why;
};

/// The listening socket failed: no more connections can come in.
struct listening_failed {
  caf::error why;
};

/// internal: messages from the handshake threads to the door.
using handshake_owner_actor =
  caf::typed_actor<caf::replies_to<admission_request>::with<caf::ok_atom>, caf::reacts_to<handshake_done>,
                   caf::reacts_to<handshake_failed>, caf::reacts_to<listening_failed>>;

/// Accepts connections of engines. The door forwards messages about those connections to it.
using engine_host_actor =
  caf::typed_actor<caf::replies_to<admission_request>::with<caf::ok_atom>, caf::reacts_to<handshake_done>,
                   caf::reacts_to<handshake_failed>, caf::reacts_to<check_certificates>>;

/// Runs the handshakes of connections whose peer is not authenticated yet, each on its own thread and for a bounded
/// time. At most `max_handshakes` / 2 incoming ones run at once; further connections are closed. `stop` shuts all
/// sockets down, so that no thread waits for a peer.
class handshake_runner : public std::enable_shared_from_this<handshake_runner> {
public:
  handshake_runner(hello_sender self, std::optional<tls_context> tls, std::chrono::milliseconds timeout,
                   std::shared_ptr<const trust_register> trust = std::make_shared<trust_register>(),
                   look_up_function look_up = system_look_up)
      : shown_{std::make_shared<const presentation>(presentation{std::move(self), std::move(tls)})}, timeout_{timeout},
        trust_{std::move(trust)}, dialler_{std::move(look_up)} {
  }

  /// Handshakes that begin from now on present this.
  void present(hello_sender self, std::optional<tls_context> tls);

  /// Accepts connections from `listening` until `stop`.
  void listen(caf::actor_system& system, handshake_owner_actor owner, unique_fd listening);

  /// Dials `to` and reports the result to `owner`.
  void dial(caf::actor_system& system, const handshake_owner_actor& owner, const endpoint& to);

  /// Makes all threads end soon. Later connections fail.
  void stop();

private:
  /// Registers a socket for `stop` to shut down.
  class registration;

  void accept_all(caf::actor_system& system, const handshake_owner_actor& owner, const unique_fd& listening);
  void run(caf::actor_system& system, const handshake_owner_actor& owner, unique_fd fd,
           const std::optional<endpoint>& dialled);
  caf::error ask(caf::actor_system& system, const handshake_owner_actor& owner, const admission_request& what) const;

  /// What this node shows in a handshake.
  struct presentation {
    hello_sender self;
    std::optional<tls_context> tls;
  };
  std::shared_ptr<const presentation> shown() const;

  std::shared_ptr<const presentation> shown_;
  const std::chrono::milliseconds timeout_;
  const std::shared_ptr<const trust_register> trust_;
  dialler dialler_;
  /// Starts at a random number, so that connection ids of a restarted door do not repeat earlier ones, which the
  /// engines' acceptor may still hold.
  std::atomic<uint64_t> connections_ = uint64_t{std::random_device{}()} << 32;
  std::atomic<size_t> accepted_ = 0;
  mutable std::mutex mutex_;
  std::set<int> sockets_;
  bool stopped_ = false;
};

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::admission_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::handshake_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::handshake_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::listening_failed)
