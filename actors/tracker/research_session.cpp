#include "actors/tracker/research_session.hpp"

#include "actors/defaults.hpp"
#include "actors/store/commit.hpp"
#include "actors/tracker/research_rules.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/research.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "messages/tracker.capnp.h"
#include "platform/log.hpp"
#include "storage/research_store.hpp"

#include <caf/all.hpp>
#include <functional>

namespace hive {
namespace {

class research_session_state {
public:
  using pointer = research_session_actor::stateful_pointer<research_session_state>;
  static inline const char* name = "research_session";

  /// Completes the last step, if it may be incomplete.
  void init(pointer self, research_services services, msg<wire::ResearchSession> session) {
    self_ = self;
    services_ = std::move(services);
    session_ = std::move(session);
    settle([this](const caf::error& unsettled) {
      if (unsettled)
        log::warn("Last step not completed yet, the session's next step does it: {}. session={}", text_of(unsettled),
                  session_->getId().cStr());
    });
  }

  caf::result<msg<wire::ResearchSession>> add(const msg<wire::ResearchIteration>& iteration) {
    return take(iteration);
  }

  caf::result<msg<wire::ResearchSession>> add(const msg<wire::ResearchImprovement>& improvement) {
    auto promise = self_->make_response_promise<msg<wire::ResearchSession>>();
    auto answer = [this, promise, improvement](const caf::error& error) mutable {
      if (error)
        promise.deliver(error);
      else
        promise.deliver(research::answer_to(*improvement, session_));
    };
    settle([this, improvement, answer](const caf::error& unsettled) mutable {
      if (unsettled)
        return answer(unsettled);
      auto next = research::add(session_, *improvement, now_unix_micros());
      if (!next)
        return answer(next.error());
      bool is_repeated = next->bytes() == session_.bytes();
      if (is_repeated || !research::has_agent(*session_))
        return keep(*next, answer);
      judge([this, improvement, answer](const msg<wire::ResearchBaseline>& baseline) mutable {
        keep(*research::add(session_, *improvement, now_unix_micros(), baseline), answer);
      });
    });
    return promise;
  }

  caf::result<msg<wire::ResearchReport>> finish(const msg<wire::FinishResearch>& how) {
    auto promise = self_->make_response_promise<msg<wire::ResearchReport>>();
    settle([this, how, promise](const caf::error& unsettled) mutable {
      if (unsettled) {
        promise.deliver(unsettled);
        return;
      }
      store(research::finish(session_, *how, now_unix_micros()), [this, promise](const caf::error& failed) mutable {
        if (failed)
          promise.deliver(failed);
        else
          publish(promise);
      });
    });
    return promise;
  }

private:
  using continuation = std::function<void(const caf::error&)>;

  caf::result<msg<wire::ResearchSession>> take(const msg<wire::ResearchIteration>& step) {
    auto promise = self_->make_response_promise<msg<wire::ResearchSession>>();
    auto answer = [this, promise](const caf::error& error) mutable {
      if (error)
        promise.deliver(error);
      else
        promise.deliver(session_);
    };
    settle([this, step, answer](const caf::error& unsettled) mutable {
      if (unsettled)
        return answer(unsettled);
      auto next = research::add(session_, *step, now_unix_micros());
      if (!next)
        return answer(next.error());
      keep(*next, answer);
    });
    return promise;
  }

  /// Stores a step, and sends what follows from it.
  void keep(const msg<wire::ResearchSession>& next, const continuation& answer) {
    store(next, [this, answer](const caf::error& failed) {
      if (failed)
        return answer(failed);
      settle(answer);
    });
  }

  /// Validates the agent against the session's start.
  void judge(const std::function<void(const msg<wire::ResearchBaseline>&)>& then) {
    self_->request(services_.baselines, defaults::research_baseline_timeout, research::validation(*session_))
      .await([then](const msg<wire::AgentValidation>& found) { then(research::judge(*found)); },
             [then](const caf::error& error) { then(research::judge(error)); });
  }

  /// Captures the newest improvement. A failure is named in the session and not repeated: a later capture would be of
  /// another state.
  void capture(const continuation& then) {
    self_->request(services_.baselines, defaults::research_baseline_timeout, research::improvement_capture(*session_))
      .await(
        [this, then](const msg<wire::CaptureOutcome>& outcome) {
          store(research::with_improvement_baseline(session_, outcome->getBaseline().getVersion(),
                                                    as_view(outcome->getSkipped())),
                then);
        },
        [this, then](const caf::error& error) {
          store(research::with_improvement_baseline(session_, 0, text_of(error)), then);
        });
  }

  /// Sends the record that the tracker may lack, or captures the baseline that may be missing, if any; then calls
  /// `then`.
  void settle(const continuation& then) {
    if (research::owes_capture(*session_))
      return capture(then);
    if (!research::owes_record(*session_))
      return then(caf::none);
    self_->request(services_.tracker, defaults::research_timeout, research::newest_record(*session_))
      .await(
        [this, then](const msg<wire::TasksRecorded>& answer) {
          auto rejected = answer->getRejected();
          caf::error wrong;
          if (rejected.size() > 0) // it would be rejected again, so nothing is owed
            wrong = fail(ec::invalid, "the iteration is counted, but the tracker rejects its record: " +
                                        std::string{as_view(rejected[0].getReason())});
          store(research::with_record(session_),
                [then, wrong](const caf::error& failed) { then(failed ? failed : wrong); });
        },
        [then](const caf::error& error) { then(error); });
  }

  void store(const msg<wire::ResearchSession>& next, const continuation& then) {
    if (next.bytes() == session_.bytes())
      return then(caf::none);
    write_set writes;
    research_store::put(writes, next);
    commit(self_, services_.committer, std::move(writes))
      .await(
        [this, next, then](const committed&) {
          session_ = next;
          then(caf::none);
        },
        [then](const caf::error& error) { then(error); });
  }

  /// Publishes this node's learning delta with the session's counts, and ends.
  void publish(caf::typed_response_promise<msg<wire::ResearchReport>> promise) {
    auto end = [this, promise](const msg<wire::LearningDelta>* delta) mutable {
      promise.deliver(msg<wire::ResearchReport>::build([&](wire::ResearchReport::Builder out) {
        out.setSession(*session_);
        if (delta)
          out.setDelta(**delta);
      }));
      self_->quit();
    };
    self_->request(services_.tracker, defaults::research_timeout, msg<wire::LearningDeltaQuery>{})
      .await(
        [this, end](const msg<wire::LearningDelta>& learned) mutable {
          auto delta = research::with_counts(learned, *session_);
          self_->request(services_.publisher, defaults::research_timeout, delta)
            .await([end, delta](const msg<wire::Recorded>&) mutable { end(&delta); },
                   [this, end, delta](const caf::error& error) mutable {
                     // The session is finished nevertheless; the coding daemon will publish soon.
                     log::warn("Learning delta of a finished session not published: {}. session={}", text_of(error),
                               session_->getId().cStr());
                     end(&delta);
                   });
        },
        [this, end](const caf::error& error) mutable {
          if (code_of(error) != ec::no_data)
            log::warn("Research session ends without a learning delta: {}. session={}", text_of(error),
                      session_->getId().cStr());
          end(nullptr);
        });
  }

  pointer self_ = nullptr;
  research_services services_;
  msg<wire::ResearchSession> session_; ///< the durable state
};

research_session_actor::behavior_type research_session(research_session_state::pointer self, research_services services,
                                                       msg<wire::ResearchSession> session) {
  self->state.init(self, std::move(services), std::move(session));
  return {
    [self](const msg<wire::ResearchIteration>& iteration) { return self->state.add(iteration); },
    [self](const msg<wire::ResearchImprovement>& improvement) { return self->state.add(improvement); },
    [self](const msg<wire::FinishResearch>& how) { return self->state.finish(how); },
  };
}

} // namespace

research_session_actor spawn_research_session(caf::actor_system& system, research_services services,
                                              msg<wire::ResearchSession> session) {
  return system.spawn(research_session, std::move(services), std::move(session));
}

} // namespace hive
