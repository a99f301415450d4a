#include "actors/baseline/directory.hpp"

#include "actors/aside.hpp"
#include "actors/baseline/agent_key.hpp"
#include "actors/baseline/agent_list.hpp"
#include "actors/baseline/live_agents.hpp"
#include "actors/defaults.hpp"
#include "actors/store/commit.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/runs.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/run_store.hpp"

#include <caf/all.hpp>
#include <cmath>

namespace hive {
namespace {

/// internal: looks for agents that are no longer in use.
using tick_atom = caf::atom_constant<caf::atom("tick")>;

using directory_actor = judging_baselines_actor::extend<caf::reacts_to<tick_atom>, caf::reacts_to<runs_counted>>;

/// Whether a filter lets a state through; an empty one lets all through.
bool is_one_of(wire::AgentState state, capnp::List<wire::AgentState>::Reader wanted) {
  for (auto each : wanted)
    if (each == state)
      return true;
  return wanted.size() == 0;
}

class directory_state {
public:
  using pointer = directory_actor::stateful_pointer<directory_state>;
  static inline const char* name = "baselines";

  caf::error init(pointer self, agent_services services, baselines_options options) {
    self_ = self;
    services_ = std::move(services);
    services_.run_counter = self;
    options_ = options;
    store_.emplace(*services_.db);
    auto rate = run_store{*services_.db}.rate();
    if (!rate)
      return rate.error();
    rate_ = {(*rate)->getFadedRuns(), (*rate)->getFirstAt(), (*rate)->getNewestAt()};
    update_threshold();
    self->set_down_handler([this](const caf::down_msg& down) {
      if (auto who = live_.remove(caf::actor_cast<caf::actor_addr>(down.source)))
        log::error("Agent's actor failed, the next request starts a new one: {}. agent={}", text_of(down.reason),
                   to_string(*who));
    });
    return caf::none;
  }

  /// Forwards a request to its agent's actor, which answers the sender.
  template <class Response, class Request>
  caf::result<msg<Response>> forward(const msg<Request>& request) {
    auto who = agent_named(as_view(request->getPromptId()), as_view(request->getFlowId()));
    if (!who)
      return who.error();
    auto agent = use(*who);
    if (!agent)
      return agent.error();
    ++(*agent)->sent;
    return self_->delegate((*agent)->actor, request);
  }

  caf::result<agent_judgement> judge(const judge_agent& request) {
    auto agent = use(request.who);
    if (!agent)
      return agent.error();
    ++(*agent)->sent;
    return self_->delegate((*agent)->actor, request);
  }

  caf::result<msg<wire::AgentList>> list(const msg<wire::AgentListQuery>& query) const {
    std::optional<stored_agent> after;
    if (query->getAfter().size() > 0) {
      auto position = agent_at(as_view(query->getAfter()));
      if (!position)
        return position.error();
      after = std::move(*position);
    }
    auto count = store_->known();
    if (!count)
      return count.error();
    page found{query->getLimit(), {}, {}};
    auto states = query->getState();
    bool only_regressed = states.size() == 1 && states[0] == wire::AgentState::REGRESSED;
    auto failure = only_regressed ? visit_regressed(found, after) : visit_all(found, after, states);
    if (failure)
      return failure;
    agent_page shown{std::move(found.agents), {}, found.next ? to_string(*found.next) : "", *count};
    return query->getFigures() ? list_figures(std::move(shown)) : build_agent_list(shown);
  }

  void count(const runs_counted& counted) {
    analysis::count_runs(rate_, counted.stream_runs, now_unix_micros());
    is_rate_stored_ = false;
    update_threshold();
  }

  void tick() {
    store_rate();
    for (auto* agent : live_.ask(std::chrono::steady_clock::now() - options_.idle_time, options_.kept))
      ask_to_leave(*agent);
    is_ticking_ = live_.size() > 0;
    if (is_ticking_)
      self_->delayed_send(self_, options_.idle_check, tick_atom::value);
  }

private:
  /// Aside: it reads twenty records for each agent.
  caf::result<msg<wire::AgentList>> list_figures(agent_page shown) const {
    using answer = msg<wire::AgentList>;
    auto promise = self_->make_response_promise<answer>();
    run_aside<answer>(
      self_,
      [db = services_.db, shown = std::move(shown)]() mutable -> caf::expected<answer> {
        if (auto failure = read_figures(*db, shown))
          return failure;
        return build_agent_list(shown);
      },
      [promise](caf::expected<answer> made) mutable {
        if (made)
          promise.deliver(std::move(*made));
        else
          promise.deliver(std::move(made.error()));
      });
    return promise;
  }

  struct page {
    uint32_t limit;
    std::vector<msg<wire::Agent>> agents;
    std::optional<stored_agent> next; ///< where the next page continues; nothing on the last one
  };

  // -- evidence -------------------------------------------------------------------

  /// Tells the agents in use what evidence must reach now, if that changed noticeably.
  void update_threshold() {
    auto per_week = analysis::runs_per_week(rate_, now_unix_micros());
    auto threshold = analysis::alarm_threshold(per_week, options_.false_alarms_per_week);
    bool is_same = std::abs(threshold - threshold_.threshold) < defaults::threshold_step;
    threshold_.runs_per_week = per_week;
    threshold_.false_alarms_per_week = options_.false_alarms_per_week;
    if (is_same)
      return;
    threshold_.threshold = threshold;
    for (const auto& each : live_.all())
      self_->send(each.actor, threshold_);
  }

  /// Stores the rate of runs now and then: a restarted node would otherwise give too many false alarms for a week. What
  /// a crash loses is made up for by the runs that follow.
  void store_rate() {
    auto now = std::chrono::steady_clock::now();
    if (is_rate_stored_ || now - rate_stored_at_ < defaults::run_rate_interval)
      return;
    is_rate_stored_ = true;
    rate_stored_at_ = now;
    write_set writes;
    run_store::put_rate(writes, msg<wire::RunRate>::build([&](wire::RunRate::Builder out) {
                          out.setFadedRuns(rate_.faded_runs);
                          out.setFirstAt(rate_.first_us);
                          out.setNewestAt(rate_.newest_us);
                        }));
    commit(self_, services_.committer, std::move(writes))
      .then([](const committed&) {},
            [](const caf::error& error) { log::warn("Rate of agents' runs not stored: {}", text_of(error)); });
  }

  // -- live agents ----------------------------------------------------------------

  caf::expected<live_agents::entry*> use(const stored_agent& who) {
    auto now = std::chrono::steady_clock::now();
    if (auto* live = live_.use(who, now))
      return live;
    if (live_.size() >= options_.max_live)
      return fail(ec::overloaded, std::to_string(live_.size()) + " agents are busy at once");
    auto actor = spawn_agent(self_->system(), services_, who, threshold_);
    self_->monitor(actor);
    auto* added = &live_.add(who, std::move(actor), now);
    for (auto* old : live_.ask(live_agents::time_point::min(), options_.kept))
      ask_to_leave(*old);
    if (!std::exchange(is_ticking_, true))
      self_->delayed_send(self_, options_.idle_check, tick_atom::value);
    return added;
  }

  void ask_to_leave(const live_agents::entry& agent) {
    self_->request(agent.actor, caf::infinite, may_go{})
      .then(
        [this, who = agent.who, address = agent.actor.address()](const idle_report& report) {
          if (auto gone = live_.leave(who, address, report)) {
            self_->demonitor(gone->address());
            self_->send_exit(*gone, caf::exit_reason::user_shutdown);
          }
        },
        [this, who = agent.who](const caf::error&) { live_.stay(who); });
  }

  // -- lists ----------------------------------------------------------------------

  caf::error visit_all(page& out, const std::optional<stored_agent>& after,
                       capnp::List<wire::AgentState>::Reader states) const {
    size_t examined = 0;
    std::optional<stored_agent> last;
    return store_->visit_agents(after, [&](const msg<wire::Agent>& agent) {
      if (out.agents.size() == out.limit || examined == defaults::agent_scan_budget) {
        out.next = last;
        return database::scan::stop;
      }
      ++examined;
      last = agent_of(*agent);
      if (is_one_of(agent->getState(), states))
        out.agents.push_back(agent);
      return database::scan::next;
    });
  }

  /// Regressed agents are marked, so that they are found among a million without reading the others.
  caf::error visit_regressed(page& out, const std::optional<stored_agent>& after) const {
    caf::error damage;
    auto failure = store_->visit_regressed(after, [&](const stored_agent& who) {
      if (out.agents.size() == out.limit) {
        out.next = agent_of(*out.agents.back());
        return database::scan::stop;
      }
      auto agent = store_->agent(who);
      if (!agent)
        damage = agent.error();
      else if (*agent)
        out.agents.push_back(std::move(**agent));
      return damage ? database::scan::stop : database::scan::next;
    });
    return failure ? failure : damage;
  }

  pointer self_ = nullptr;
  agent_services services_;
  baselines_options options_;
  std::optional<baseline_store> store_; ///< reads from the services' database
  live_agents live_;
  bool is_ticking_ = false;
  analysis::run_rate rate_; ///< of all streams of the node
  evidence_threshold threshold_;
  bool is_rate_stored_ = true;
  std::chrono::steady_clock::time_point rate_stored_at_{};
};

directory_actor::behavior_type directory(directory_state::pointer self, agent_services services,
                                         baselines_options options) {
  using namespace wire;
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services), options))
    self->quit(std::move(error));
  return {
    [&state](const msg<PutRecipe>& m) { return state.forward<AgentInputStored>(m); },
    [&state](const msg<RetireRecipe>& m) { return state.forward<AgentInputStored>(m); },
    [&state](const msg<PutTrust>& m) { return state.forward<AgentInputStored>(m); },
    [&state](const msg<PutPrompt>& m) { return state.forward<AgentInputStored>(m); },
    [&state](const msg<SetActive>& m) { return state.forward<AgentInputStored>(m); },
    [&state](const msg<AddSpans>& m) { return state.forward<AgentInputStored>(m); },
    [&state](const msg<ClearSpans>& m) { return state.forward<AgentInputStored>(m); },
    [&state](const msg<AddRuns>& m) { return state.forward<AgentInputStored>(m); },
    [&state](const msg<CaptureBaseline>& m) { return state.forward<CaptureOutcome>(m); },
    [&state](const msg<ImportBaseline>& m) { return state.forward<Baseline>(m); },
    [&state](const msg<BaselineQuery>& m) { return state.forward<Baseline>(m); },
    [&state](const msg<BaselineListQuery>& m) { return state.forward<BaselineList>(m); },
    [&state](const msg<CompareBaselines>& m) { return state.forward<BaselineComparison>(m); },
    [&state](const msg<TrendQuery>& m) { return state.forward<AgentTrend>(m); },
    [&state](const msg<ValidateAgent>& m) { return state.forward<AgentValidation>(m); },
    [&state](const msg<SetReference>& m) { return state.forward<Agent>(m); },
    [&state](const msg<UnpinReference>& m) { return state.forward<Agent>(m); },
    [&state](const msg<AcceptAgent>& m) { return state.forward<Agent>(m); },
    [&state](const msg<RebaseAgent>& m) { return state.forward<Agent>(m); },
    [&state](const msg<ExplainQuery>& m) { return state.forward<AgentExplanation>(m); },
    [&state](const msg<AgentQuery>& m) { return state.forward<Agent>(m); },
    [&state](const msg<AgentListQuery>& m) { return state.list(m); },
    [&state](const judge_agent& m) { return state.judge(m); },
    [&state](tick_atom) { state.tick(); },
    [&state](const runs_counted& counted) { state.count(counted); },
  };
}

} // namespace

judging_baselines_actor spawn_baselines(caf::actor_system& system, agent_services services, baselines_options options) {
  return system.spawn(directory, std::move(services), options);
}

} // namespace hive
