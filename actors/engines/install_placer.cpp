#include "actors/engines/install_placer.hpp"

#include "actors/defaults.hpp"
#include "actors/engines/spawn_request.hpp"
#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/install.capnp.h"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <map>
#include <set>
#include <string>

namespace hive {
namespace {

/// The request to choose the node; what that node is to install has no place.
msg<wire::SpawnRequest> placement_request(const msg<wire::InstallBenchmark>& asked) {
  auto without_place = changed(asked, [](wire::InstallBenchmark::Builder out) { out.disownPlace(); });
  auto place = asked->getPlace();
  return msg<wire::SpawnRequest>::build([&](wire::SpawnRequest::Builder out) {
    out.initSpec().setBenchmark(*without_place);
    if (place.hasNode())
      out.setNode(place.getNode());
    out.setLabels(place.getLabels());
    out.setTier(place.getTier());
  });
}

class install_placer_state {
public:
  using pointer = install_placer_actor::stateful_pointer<install_placer_state>;
  using promise = caf::typed_response_promise<msg<wire::Install>>;
  static inline const char* name = "install_placer";

  void init(pointer self, install_placer_services services, install_placer_options options) {
    self_ = self;
    services_ = std::move(services);
    own_id_ = std::move(options.own_id);
    tell_links(); // in place of what an earlier placer said
  }

  caf::result<msg<wire::Install>> install(const msg<wire::InstallBenchmark>& asked) {
    auto promise = self_->make_response_promise<msg<wire::Install>>();
    if (!asked->hasPlace()) {
      install_here(*asked, promise);
      return promise;
    }
    if (open_.size() >= defaults::max_waiting_installs) {
      promise.deliver(fail(ec::overloaded, std::to_string(open_.size()) + " installs on other nodes run already"));
      return promise;
    }
    auto wanted = placement_request(asked);
    engine_caller caller{http_engine(own_id_, std::string{nameless_engine}), spawn_path::link};
    self_->request(services_.spawner, caf::infinite, engine_request<wire::SpawnRequest>{caller, wanted})
      .then([this, promise,
             wanted](const msg<wire::SpawnTicket>& ticket) mutable { install_there(wanted, ticket, promise); },
            [promise](caf::error& error) mutable { promise.deliver(std::move(error)); });
    return promise;
  }

  /// A link was lost.
  void on_down(const caf::actor_addr& link) {
    for (auto each = open_.begin(); each != open_.end();) {
      auto& [id, order] = *each;
      if (order.link != link) {
        ++each;
        continue;
      }
      order.answer.deliver(
        fail(ec::outcome_unknown, "the link with node " + order.node.value + " was lost; the install may go on there"));
      each = open_.erase(each);
    }
    tell_links();
  }

private:
  /// An install that another node has not answered.
  struct order {
    caf::actor_addr link;
    node_id node;
    promise answer;
  };

  void install_here(wire::InstallBenchmark::Reader asked, const promise& answer) {
    if (asked.getWait())
      pass(msg<wire::InstallBenchmark>::copy_of(asked), answer);
    else
      pass(msg<wire::StartInstall>::build([&](wire::StartInstall::Builder out) { out.setRequest(asked); }), answer);
  }

  template <class Request>
  void pass(const msg<Request>& request, promise answer) {
    self_->request(services_.installer, caf::infinite, request)
      .then([answer](const msg<wire::Install>& install) mutable { answer.deliver(install); },
            [answer](caf::error& error) mutable { answer.deliver(std::move(error)); });
  }

  void install_there(const msg<wire::SpawnRequest>& wanted, const msg<wire::SpawnTicket>& ticket, promise answer) {
    auto claims = read_ticket(*ticket);
    if (!claims) {
      answer.deliver(claims.error());
      return;
    }
    if (claims->target == own_id_) {
      install_here(wanted->getSpec().getBenchmark(), answer);
      return;
    }
    auto shown = msg<wire::InstallThere>::build([&](wire::InstallThere::Builder out) {
      out.setTicket(*ticket);
      out.setSpec(wanted->getSpec());
    });
    self_->request(services_.links, defaults::request_timeout, link_query{claims->target})
      .then([this, claims = *claims, shown,
             answer](const spawning_link_actor& link) { order_over(link, claims, shown, answer); },
            [answer](caf::error& error) mutable { answer.deliver(std::move(error)); });
  }

  /// Without a timeout: an install takes what it takes, and a lost link is noticed.
  void order_over(const spawning_link_actor& link, const ticket_claims& claims, const msg<wire::InstallThere>& shown,
                  const promise& answer) {
    self_->monitor(link);
    open_.emplace(claims.nonce, order{link.address(), claims.target, answer});
    tell_links();
    log::info("A benchmark is installed on another node benchmark={} node={}",
              shown->getSpec().getBenchmark().getName().cStr(), claims.target.value);
    auto close = [this, link, id = claims.nonce] {
      auto closed = open_.extract(id);
      self_->demonitor(link.address());
      tell_links();
      return closed;
    };
    self_->request(link, caf::infinite, shown)
      .then(
        [close](const msg<wire::Install>& install) {
          if (auto closed = close())
            closed.mapped().answer.deliver(install);
        },
        [close](const caf::error& error) {
          if (auto closed = close())
            closed.mapped().answer.deliver(
              fail(code_of(error), "node " + closed.mapped().node.value + ": " + text_of(error)));
        });
  }

  /// In a large hive, links that are in use are kept.
  void tell_links() {
    std::set<node_id> nodes;
    for (const auto& [id, order] : open_)
      nodes.insert(order.node);
    self_->send(services_.links, links_in_use{link_user::installs, std::move(nodes)});
  }

  pointer self_ = nullptr;
  install_placer_services services_;
  node_id own_id_;
  std::map<std::string, order> open_; ///< by the nonces of their tickets
};

install_placer_actor::behavior_type install_placer(install_placer_state::pointer self, install_placer_services services,
                                                   install_placer_options options) {
  self->set_down_handler([self](const caf::down_msg& down) { self->state.on_down(down.source); });
  self->state.init(self, std::move(services), std::move(options));
  return {
    [self](const msg<wire::InstallBenchmark>& asked) { return self->state.install(asked); },
  };
}

} // namespace

install_placer_actor spawn_install_placer(caf::actor_system& system, install_placer_services services,
                                          install_placer_options options) {
  return system.spawn(install_placer, std::move(services), std::move(options));
}

} // namespace hive
