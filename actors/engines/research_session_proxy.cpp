#include "actors/engines/research_session_proxy.hpp"

#include "actors/defaults.hpp"
#include "actors/hive/link/malformed.hpp"
#include "messages/msg.hpp"
#include "messages/research.capnp.h"
#include "messages/text.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

class research_session_proxy_state {
public:
  using pointer = research_session_actor::stateful_pointer<research_session_proxy_state>;
  static inline const char* name = "research_session_proxy";

  void init(pointer self, research_session_proxy_services services, research_session_proxy_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    refuse_malformed(self_, [this](uint64_t messages) {
      log::warn("Received malformed messages count={} session={}", messages, options_.session);
    });
  }

  caf::result<msg<wire::ResearchSession>> add(const msg<wire::ResearchIteration>& iteration) {
    return pass<wire::ResearchSession>(iteration);
  }

  caf::result<msg<wire::ResearchSession>> add(const msg<wire::ResearchImprovement>& improvement) {
    return pass<wire::ResearchSession>(improvement);
  }

  caf::result<msg<wire::ResearchReport>> finish(const msg<wire::FinishResearch>& how) {
    return pass<wire::ResearchReport>(how, true);
  }

private:
  template <class Answer, class Step>
  caf::result<msg<Answer>> pass(const msg<Step>& step, bool last = false) {
    if (as_view(step->getId()) != options_.session)
      return fail(ec::forbidden, "this handle is for research session " + options_.session);
    auto promise = self_->make_response_promise<msg<Answer>>();
    self_->request(services_.research, defaults::research_timeout, step)
      .then(
        [this, promise, last](const msg<Answer>& answer) mutable {
          promise.deliver(answer);
          if (last)
            self_->quit();
        },
        [promise](const caf::error& err) mutable { promise.deliver(err); });
    return promise;
  }

  pointer self_ = nullptr;
  research_session_proxy_services services_;
  research_session_proxy_options options_;
};

research_session_actor::behavior_type research_session_proxy(research_session_proxy_state::pointer self,
                                                             research_session_proxy_services services,
                                                             research_session_proxy_options options) {
  auto& state = self->state;
  state.init(self, std::move(services), std::move(options));
  return {
    [&state](const msg<wire::ResearchIteration>& iteration) { return state.add(iteration); },
    [&state](const msg<wire::ResearchImprovement>& improvement) { return state.add(improvement); },
    [&state](const msg<wire::FinishResearch>& how) { return state.finish(how); },
  };
}

} // namespace

research_session_actor spawn_research_session_proxy(caf::actor_system& system, research_session_proxy_services services,
                                                    research_session_proxy_options options) {
  return system.spawn(research_session_proxy, std::move(services), std::move(options));
}

} // namespace hive
