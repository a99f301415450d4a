#include "actors/hive/federation/peer.hpp"

#include "actors/defaults.hpp"
#include "actors/hive/link/malformed.hpp"
#include "actors/timed_requests.hpp"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/install.capnp.h"

#include <caf/all.hpp>

namespace hive {
namespace {

class peer_state {
public:
  using pointer = peer_actor::stateful_pointer<peer_state>;
  static inline const char* name = "peer";

  explicit peer_state(peer_actor::base* self) : requests_{self} {
  }

  void init(pointer self, peer_services services, peer_options options) {
    self_ = self;
    federation_ = std::move(services.federation);
    node_ = std::move(options.node);
    refuse_malformed(self_, [this](uint64_t messages) {
      self_->send(federation_, malformed_received{node_, messages});
    });
  }

  void attach(const link_up& up) {
    other_ = up.peer;
  }

  caf::result<msg<wire::GossipAnswer>> answer(const msg<wire::GossipQuestion>& question) {
    if (answering_)
      return fail(ec::overloaded, "a question of node " + node_.value + " is being answered already");
    answering_ = true;
    auto promise = self_->make_response_promise<msg<wire::GossipAnswer>>();
    // Without a timeout: the federation answers in the step that takes the question, and CAF answers for it when it has
    // ended.
    self_->request(federation_, caf::infinite, question_received{node_, question})
      .then(
        [this, promise](const msg<wire::GossipAnswer>& given) mutable {
          answering_ = false;
          promise.deliver(given);
        },
        [this, promise](const caf::error& error) mutable {
          answering_ = false;
          promise.deliver(error);
        });
    return promise;
  }

  /// Reports the answer or the error to the federation.
  void ask(const msg<wire::GossipQuestion>& question) {
    auto asked_at = std::chrono::steady_clock::now();
    auto bytes = question.bytes().size();
    auto time_since = [asked_at] {
      return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - asked_at);
    };
    requests_.request(other_, defaults::gossip_timeout, question)
      .then(
        [this, time_since, bytes](const msg<wire::GossipAnswer>& answer) {
          unanswered_ = 0;
          self_->send(federation_, answer_received{node_, answer, time_since(), bytes});
        },
        [this, time_since, bytes](const caf::error& error) {
          self_->send(federation_, answer_received{node_, error, time_since(), bytes});
          if (error != caf::sec::request_timeout)
            unanswered_ = 0; // a refusal came over the connection as well
          else if (++unanswered_ == defaults::max_unanswered_questions)
            self_->quit(fail(ec::timed_out, "the other node left " + std::to_string(unanswered_) +
                                              " questions in a row without an answer"));
        });
  }

  void on_close() {
    self_->send(federation_, close_received{node_});
  }

  void on_spawning_started(const spawning_started& what) {
    spawner_ = what.spawner;
  }

  template <class Answer, class Request>
  caf::result<Answer> ask_spawner(const msg<Request>& request) {
    if (!spawner_)
      return fail(ec::unavailable, "this node spawns nothing yet");
    return self_->delegate(spawner_, link_request<Request>{node_, request});
  }

private:
  pointer self_ = nullptr;
  timed_requests<peer_actor::base> requests_;
  node_id node_;
  peer_owner_actor federation_;
  link_actor other_;
  link_spawner_actor spawner_;
  bool answering_ = false;
  uint32_t unanswered_ = 0; ///< in a row
};

peer_actor::behavior_type peer(peer_state::pointer self, peer_services services, peer_options options) {
  self->state.init(self, std::move(services), std::move(options));
  return {
    [](const msg<wire::Ping>& ping) {
      return msg<wire::Pong>::build([&](wire::Pong::Builder out) { out.setPayload(ping->getPayload()); });
    },
    [self](const msg<wire::GossipQuestion>& question) { return self->state.answer(question); },
    [self](const msg<wire::SpawnAdapter>& wanted) { return self->state.ask_spawner<adapter_actor>(wanted); },
    [self](const msg<wire::SpawnResearch>& wanted) { return self->state.ask_spawner<research_session_actor>(wanted); },
    [self](const msg<wire::InstallThere>& what) { return self->state.ask_spawner<msg<wire::Install>>(what); },
    [self](const msg<wire::EndSpawned>& what) { return self->state.ask_spawner<msg<wire::SpawnedEnded>>(what); },
    [self](const msg<wire::Farewell>&) { self->state.on_close(); },
    [self](const link_up& up) { self->state.attach(up); },
    [self](const ask_peer& what) { self->state.ask(what.question); },
    [self](const spawning_started& what) { self->state.on_spawning_started(what); },
  };
}

} // namespace

peer_actor spawn_peer(caf::actor_system& system, peer_services services, peer_options options) {
  return system.spawn(peer, std::move(services), std::move(options));
}

} // namespace hive
