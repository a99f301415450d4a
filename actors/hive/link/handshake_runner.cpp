#include "actors/hive/link/handshake_runner.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <caf/all.hpp>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <thread>

namespace hive {
namespace {

/// Pause after running out of descriptors; meanwhile connections wait in the kernel.
constexpr auto accept_pause = std::chrono::milliseconds{100};

link_table::candidate candidate_of(const verified_peer& peer, bool dialled_here) {
  return {peer.id(), peer.hello->getEpoch(), dialled_here, peer.holder(), peer.hello->getCard().getWrittenAt()};
}

/// The lists of the CAs count for every connection, of nodes and engines.
caf::error refuse_revoked(const trust_register& trust, const verified_peer& peer) {
  if (!peer.cert)
    return caf::none;
  auto view = trust.view();
  if (auto why = view->revoked.why_revoked(*peer.cert); !why.empty())
    return fail(ec::forbidden, why);
  if (view->revoked.forgets(peer.id()))
    return fail(ec::forbidden, "its CA has forgotten node " + peer.id().value);
  return caf::none;
}

/// Runs `body` on its own thread. The actor system waits for the thread before it ends.
template <class Body>
void run_detached(caf::actor_system& system, Body body) {
  system.spawn<caf::detached + caf::hidden>([body = std::move(body)](caf::blocking_actor*) mutable { body(); });
}

} // namespace

/// Holds a duplicate descriptor, so that `stop` never shuts down another socket that got the same number.
class handshake_runner::registration {
public:
  registration(handshake_runner& owner, int socket) : owner_{owner}, fd_{::fcntl(socket, F_DUPFD_CLOEXEC, 0)} {
    std::lock_guard lock{owner_.mutex_};
    held_ = fd_ && !owner_.stopped_;
    if (held_)
      owner_.sockets_.insert(fd_.get());
  }
  ~registration() {
    std::lock_guard lock{owner_.mutex_};
    owner_.sockets_.erase(fd_.get());
  }
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;

  explicit operator bool() const {
    return held_;
  }

private:
  handshake_runner& owner_;
  unique_fd fd_;
  bool held_ = false;
};

void handshake_runner::present(hello_sender self, std::optional<tls_context> tls) {
  auto next = std::make_shared<const presentation>(presentation{std::move(self), std::move(tls)});
  std::lock_guard lock{mutex_};
  shown_ = std::move(next);
}

std::shared_ptr<const handshake_runner::presentation> handshake_runner::shown() const {
  std::lock_guard lock{mutex_};
  return shown_;
}

void handshake_runner::stop() {
  dialler_.stop();
  std::lock_guard lock{mutex_};
  stopped_ = true;
  for (int fd : sockets_)
    ::shutdown(fd, SHUT_RDWR);
}

void handshake_runner::listen(caf::actor_system& system, handshake_owner_actor owner, unique_fd listening) {
  auto socket = std::make_shared<unique_fd>(std::move(listening));
  run_detached(system,
               [this, keep = shared_from_this(), &system, owner, socket] { accept_all(system, owner, *socket); });
}

void handshake_runner::accept_all(caf::actor_system& system, const handshake_owner_actor& owner,
                                  const unique_fd& listening) {
  registration held{*this, listening.get()};
  while (held) {
    auto fd = accept_socket(listening);
    if (!fd && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      std::this_thread::sleep_for(accept_pause);
      continue;
    }
    if (!fd) {
      caf::anon_send(owner, listening_failed{fd.error()});
      return;
    }
    if (accepted_ >= defaults::max_handshakes / 2) {
      auto why = fail(ec::overloaded, "too many others are at the door");
      caf::anon_send(owner, handshake_failed{{}, {}, remote_of(fd->get()), {}, std::move(why)});
      continue; // closes the connection; the peer retries
    }
    ++accepted_;
    auto socket = std::make_shared<unique_fd>(std::move(*fd));
    run_detached(system, [this, keep = shared_from_this(), &system, owner, socket] {
      run(system, owner, std::move(*socket), std::nullopt);
      --accepted_;
    });
  }
}

void handshake_runner::dial(caf::actor_system& system, const handshake_owner_actor& owner, const endpoint& to) {
  run_detached(system, [this, keep = shared_from_this(), &system, owner, to] {
    auto fd = dialler_.connect(to, std::chrono::steady_clock::now() + timeout_);
    if (fd)
      run(system, owner, std::move(*fd), to);
    else
      caf::anon_send(owner, handshake_failed{{}, to, to.text(), {}, fd.error()});
  });
}

void handshake_runner::run(caf::actor_system& system, const handshake_owner_actor& owner, unique_fd fd,
                           const std::optional<endpoint>& dialled) {
  auto until = std::chrono::steady_clock::now() + timeout_;
  auto side = dialled ? channel_side::client : channel_side::server;
  auto own = shown();
  handshake_failed failed{{++connections_}, dialled, remote_of(fd.get()), {}, {}};
  if (registration held{*this, fd.get()}; held) {
    auto stream = channel::open(std::move(fd), side, own->tls, until);
    if (stream) {
      auto admit = [&](const verified_peer& peer) {
        failed.node = peer.id();
        if (auto refused = refuse_revoked(*trust_, peer))
          return refused;
        auto role = peer.hello->getRole() == wire::Role::NODE ? certificate_role::node : certificate_role::engine;
        return ask(system, owner, {failed.connection, candidate_of(peer, dialled.has_value()), role});
      };
      auto end = perform_handshake(*stream, side, own->self, admit, until);
      // Workaround for CAF 0.17.6: if a dialled connection has received nothing by the next heartbeat, CAF takes it for
      // one that has been silent forever and closes it. So CAF gets the connection only when data is there.
      if (end.peer && dialled)
        if (auto err = stream->await_data(std::chrono::steady_clock::now() + defaults::introduction_timeout))
          end.peer = fail(code_of(err), "it admitted this node, but did not go on");
      if (end.peer) {
        caf::anon_send(owner, handshake_done{failed.connection, dialled, std::move(*end.peer),
                                             std::make_shared<channel>(std::move(*stream))});
        return;
      }
      failed.why = end.peer.error();
      if (end.refused_by)
        failed.node = end.refused_by;
    } else {
      failed.why = stream.error();
    }
  } else {
    failed.why = fail(ec::unavailable, "the door is closing");
  }
  // Another address of this name may lead to a node.
  if (dialled && !failed.node)
    dialler_.avoid(*dialled, failed.remote);
  caf::anon_send(owner, std::move(failed));
}

caf::error handshake_runner::ask(caf::actor_system& system, const handshake_owner_actor& owner,
                                 const admission_request& what) const {
  caf::scoped_actor self{system, true};
  caf::error refused;
  self->request(owner, timeout_, what).receive([](caf::ok_atom) {}, [&](caf::error& err) { refused = std::move(err); });
  return refused;
}

} // namespace hive
