#include "actors/engines/research_session_proxy.hpp"

#include "actors/defaults.hpp"
#include "actors/hive/link/malformed.hpp"
#include "messages/text.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>

namespace hive {

void research_session_proxy_state::init(pointer self, research_actor research, std::string id) {
  self_ = self;
  research_ = std::move(research);
  id_ = std::move(id);
  refuse_malformed(
    self_, [this](uint64_t messages) { log::warn("Received malformed messages count={} session={}", messages, id_); });
}

template <class Answer, class Step>
caf::result<msg<Answer>> research_session_proxy_state::pass(const msg<Step>& step, bool last) {
  if (as_view(step->getId()) != id_)
    return fail(ec::forbidden, "this handle is for research session " + id_);
  auto promise = self_->make_response_promise<msg<Answer>>();
  self_->request(research_, defaults::research_timeout, step)
    .then(
      [this, promise, last](const msg<Answer>& answer) mutable {
        promise.deliver(answer);
        if (last)
          self_->quit();
      },
      [promise](const caf::error& err) mutable { promise.deliver(err); });
  return promise;
}

caf::result<msg<wire::ResearchSession>>
research_session_proxy_state::add(const msg<wire::ResearchIteration>& iteration) {
  return pass<wire::ResearchSession>(iteration);
}

caf::result<msg<wire::ResearchSession>>
research_session_proxy_state::add(const msg<wire::ResearchImprovement>& improvement) {
  return pass<wire::ResearchSession>(improvement);
}

caf::result<msg<wire::ResearchReport>> research_session_proxy_state::finish(const msg<wire::FinishResearch>& how) {
  return pass<wire::ResearchReport>(how, true);
}

research_session_actor::behavior_type research_session_proxy(research_session_proxy_state::pointer self,
                                                             research_actor research, std::string id) {
  auto& state = self->state;
  state.init(self, std::move(research), std::move(id));
  return {
    [&state](const msg<wire::ResearchIteration>& iteration) { return state.add(iteration); },
    [&state](const msg<wire::ResearchImprovement>& improvement) { return state.add(improvement); },
    [&state](const msg<wire::FinishResearch>& how) { return state.finish(how); },
  };
}

} // namespace hive
