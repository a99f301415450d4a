#include "actors/tracker/research.hpp"

#include "actors/defaults.hpp"
#include "actors/store/commit.hpp"
#include "actors/tracker/research_rules.hpp"
#include "messages/baseline.capnp.h"
#include "messages/research.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "messages/tracker.capnp.h"
#include "storage/research_store.hpp"

#include <array>
#include <caf/all.hpp>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <sodium/randombytes.h>

namespace hive {
namespace {

/// 64 random bits in hex.
std::string make_id() {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%08x%08x", randombytes_random(), randombytes_random());
  return text.data();
}

void fill(wire::ResearchLine::Builder out, wire::ResearchSession::Reader session) {
  out.setId(session.getId());
  out.setTopic(session.getTopic());
  out.setState(session.getState());
  out.setIterations(session.getIterations());
  out.setImprovements(session.getImprovements());
  out.setBestValue(session.getBestValue());
  out.setStartedAt(session.getStartedAt());
}

msg<wire::BestToolQuery> best_tool_query(wire::ToolScope scope) {
  return msg<wire::BestToolQuery>::build([&](wire::BestToolQuery::Builder out) {
    out.setTaskType(research::task_type);
    out.setScope(scope);
  });
}

/// Collects the parts of a context.
struct context_parts {
  caf::typed_response_promise<msg<wire::ResearchContext>> promise;
  msg<wire::ResearchSession> session;
  std::optional<msg<wire::BestTool>> local;
  std::optional<msg<wire::BestTool>> hive;
  int missing = 2;

  void part_came() {
    if (--missing > 0)
      return;
    promise.deliver(msg<wire::ResearchContext>::build([&](wire::ResearchContext::Builder out) {
      out.setSession(*session);
      if (local)
        out.setBestTool(**local);
      if (hive)
        out.setHiveBestTool(**hive);
    }));
  }

  void fail_with(const caf::error& error) {
    if (promise.pending())
      promise.deliver(error);
    promise = {};
  }
};

class research_state {
public:
  using pointer = research_actor::stateful_pointer<research_state>;
  static inline const char* name = "research";

  /// Spawns the actors of running sessions. An error ends the actor.
  caf::error init(pointer self, research_services services) {
    self_ = self;
    services_ = std::move(services);
    store_.emplace(*services_.db);
    self->set_down_handler([this](const caf::down_msg& down) { forget(down.source); });
    return store_->visit({}, [this](const msg<wire::ResearchSession>& session) {
      if (session->getState() == wire::ResearchState::RUNNING)
        run(session);
      return database::scan::next;
    });
  }

  caf::result<msg<wire::ResearchSession>> start(const msg<wire::StartResearch>& wanted) {
    if (running_.size() + starting_.size() >= defaults::max_running_research)
      return fail(ec::overloaded, std::to_string(running_.size()) + " research sessions run already: finish some");
    auto id = wanted->getId().size() > 0 ? std::string{as_view(wanted->getId())} : make_id();
    if (auto existing = store_->find(id); !existing || *existing)
      return existing ? fail(ec::already_exists, "there is a research session " + id + " already") : existing.error();
    if (starting_.contains(id))
      return fail(ec::already_exists, "research session " + id + " is being started");
    auto session = research::begin(*wanted, id, now_unix_micros());
    if (!session)
      return session.error();
    auto promise = self_->make_response_promise<msg<wire::ResearchSession>>();
    if (research::has_agent(**session))
      capture_and_begin(*session, promise);
    else
      begin(*session, promise);
    return promise;
  }

  caf::result<msg<wire::ResearchReport>> finish(const msg<wire::FinishResearch>& how) {
    auto id = as_view(how->getId());
    if (auto found = running_.find(id); found != running_.end())
      return self_->delegate(found->second, how);
    auto session = stored(id);
    if (!session)
      return session.error();
    return msg<wire::ResearchReport>::build([&](wire::ResearchReport::Builder out) { out.setSession(**session); });
  }

  caf::result<msg<wire::ResearchSession>> find(const msg<wire::ResearchQuery>& query) const {
    return stored(as_view(query->getId()));
  }

  caf::result<msg<wire::ResearchList>> list(const msg<wire::ResearchListQuery>& query) const {
    std::vector<msg<wire::ResearchSession>> page;
    bool more = false;
    auto damage = store_->visit(as_view(query->getAfter()), [&](const msg<wire::ResearchSession>& session) {
      more = page.size() == query->getLimit();
      if (more)
        return database::scan::stop;
      page.push_back(session);
      return database::scan::next;
    });
    if (damage)
      return damage;
    return msg<wire::ResearchList>::build([&](wire::ResearchList::Builder out) {
      auto list = out.initSessions(static_cast<uint32_t>(page.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        fill(list[i], *page[i]);
      if (more)
        out.setNext(page.back()->getId());
    });
  }

  caf::result<msg<wire::ResearchContext>> context(const msg<wire::ResearchContextQuery>& query) {
    auto session = stored(as_view(query->getId()));
    if (!session)
      return session.error();
    auto promise = self_->make_response_promise<msg<wire::ResearchContext>>();
    auto parts = std::make_shared<context_parts>(context_parts{promise, *session, {}, {}});
    auto ask = [&](wire::ToolScope scope, std::optional<msg<wire::BestTool>> context_parts::*part) {
      self_->request(services_.tracker, defaults::research_timeout, best_tool_query(scope))
        .then(
          [parts, part](const msg<wire::BestTool>& best) {
            parts.get()->*part = best;
            parts->part_came();
          },
          [parts](const caf::error& error) {
            if (code_of(error) == ec::no_data)
              parts->part_came();
            else
              parts->fail_with(error);
          });
    };
    ask(wire::ToolScope::LOCAL, &context_parts::local);
    ask(wire::ToolScope::HIVE, &context_parts::hive);
    return promise;
  }

  template <class Step>
  caf::result<msg<wire::ResearchSession>> forward(const msg<Step>& step) {
    auto id = as_view(step->getId());
    if (auto found = running_.find(id); found != running_.end())
      return self_->delegate(found->second, step);
    return refusal(id);
  }

private:
  using start_promise = caf::typed_response_promise<msg<wire::ResearchSession>>;

  /// Captures what the session's improvements are compared with. Without it there is no session: a later capture would
  /// be of another state.
  void capture_and_begin(const msg<wire::ResearchSession>& session, start_promise promise) {
    starting_.emplace(as_view(session->getId()));
    self_->request(services_.baselines, defaults::research_baseline_timeout, research::start_capture(*session))
      .then(
        [this, session, promise](const msg<wire::CaptureOutcome>& outcome) mutable {
          starting_.erase(std::string{as_view(session->getId())});
          if (outcome->hasBaseline())
            begin(research::with_start_baseline(session, outcome->getBaseline().getVersion()), promise);
          else
            promise.deliver(fail(ec::unavailable, "the agent's baseline was not captured: " +
                                                    std::string{as_view(outcome->getSkipped())}));
        },
        [this, session, promise](const caf::error& error) mutable {
          starting_.erase(std::string{as_view(session->getId())});
          promise.deliver(fail(code_of(error), "the agent's baseline was not captured: " + text_of(error)));
        });
  }

  void begin(const msg<wire::ResearchSession>& session, start_promise promise) {
    write_set writes;
    research_store::put(writes, session);
    // Other messages wait for the write, so that a second request with the same id finds the stored session.
    commit(self_, services_.committer, std::move(writes))
      .await(
        [this, promise, session](const committed&) mutable {
          run(session);
          promise.deliver(session);
        },
        [promise](const caf::error& error) mutable { promise.deliver(error); });
  }

  /// The stored session, or ec::not_found.
  caf::expected<msg<wire::ResearchSession>> stored(std::string_view id) const {
    auto found = store_->find(id);
    if (!found)
      return found.error();
    if (!*found)
      return fail(ec::not_found, "there is no research session " + std::string{id});
    return **found;
  }

  /// Why a session that is not running rejects a step.
  caf::error refusal(std::string_view id) const {
    auto session = stored(id);
    return session ? fail(ec::invalid, "research session " + std::string{id} + " is finished") : session.error();
  }

  void run(const msg<wire::ResearchSession>& session) {
    // Linked: a failing session ends this actor too, and the supervisor restarts both from the store.
    auto actor = spawn_research_session(self_->system(), services_, session);
    self_->link_to(actor);
    self_->monitor(actor);
    running_.emplace(as_view(session->getId()), std::move(actor));
  }

  void forget(const caf::actor_addr& ended) {
    std::erase_if(running_, [&](const auto& entry) { return entry.second.address() == ended; });
  }

  pointer self_ = nullptr;
  research_services services_;
  std::optional<research_store> store_; ///< reads from the services' database
  std::map<std::string, research_session_actor, std::less<>> running_;
  std::set<std::string, std::less<>> starting_; ///< whose agents are being captured
};

research_actor::behavior_type research_manager(research_state::pointer self, research_services services) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services)))
    self->quit(std::move(error));
  return {
    [&state](const msg<wire::StartResearch>& wanted) { return state.start(wanted); },
    [&state](const msg<wire::ResearchIteration>& iteration) { return state.forward(iteration); },
    [&state](const msg<wire::ResearchImprovement>& improvement) { return state.forward(improvement); },
    [&state](const msg<wire::FinishResearch>& how) { return state.finish(how); },
    [&state](const msg<wire::ResearchQuery>& query) { return state.find(query); },
    [&state](const msg<wire::ResearchListQuery>& query) { return state.list(query); },
    [&state](const msg<wire::ResearchContextQuery>& query) { return state.context(query); },
  };
}

} // namespace

research_actor spawn_research(caf::actor_system& system, research_services services) {
  return system.spawn(research_manager, std::move(services));
}

} // namespace hive
