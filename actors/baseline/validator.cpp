#include "actors/baseline/validator.hpp"

#include "actors/baseline/agent_key.hpp"
#include "actors/baseline/agent_rules.hpp"
#include "actors/baseline/validation.hpp"
#include "actors/timed_requests.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <cmath>
#include <limits>
#include <optional>

namespace hive {
namespace {

/// internal: examines the next agents.
using step_atom = caf::atom_constant<caf::atom("step")>;

using own_actor = validator_actor::extend<caf::reacts_to<step_atom>>;

bool same_rate(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

/// A visit under way.
struct visit {
  caf::typed_response_promise<visit_report> promise;
  std::string shift;
  double pass_rate = std::numeric_limits<double>::quiet_NaN();
  bool is_full = false;
  uint64_t from_period = 0;
  std::optional<baseline_store::change> after; ///< last one examined, in the index of changes
  std::optional<stored_agent> marked_after;    ///< last one examined among those marked as active
  bool changes_done = false;
  bool all_done = false;
  size_t in_flight = 0;
  visit_report report;
};

class validator_state {
public:
  using pointer = own_actor::stateful_pointer<validator_state>;
  static inline const char* name = "validator";

  explicit validator_state(own_actor::base* self) : requests_{self} {
  }

  void init(pointer self, validator_services services, validator_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = options;
    store_.emplace(*services_.db);
  }

  caf::result<visit_report> begin(const visit_agents& wanted) {
    if (visit_)
      return fail(ec::busy, "the agents are being validated already");
    visit_.emplace();
    visit_->promise = self_->make_response_promise<visit_report>();
    visit_->shift = wanted.shift;
    auto results = services_.results->get();
    start(results ? pass_rate_of(**results) : std::numeric_limits<double>::quiet_NaN());
    return visit_->promise;
  }

  void step() {
    if (!visit_ || visit_->all_done || visit_->in_flight >= defaults::max_judgements)
      return;
    auto error = visit_->changes_done ? examine_marked() : examine_changed();
    if (error) {
      log::error("Agents not validated: {}", text_of(error));
      auto promise = std::exchange(visit_, {})->promise;
      promise.deliver(error);
    } else if (!visit_->all_done) {
      self_->send(self_, step_atom::value);
    } else {
      end_when_done();
    }
  }

private:
  void start(double pass_rate) {
    auto now = now_unix_micros();
    bool is_new_rate = !same_rate(pass_rate, last_pass_rate_);
    visit_->pass_rate = pass_rate;
    visit_->is_full = visits_ % defaults::visits_per_full_pass == 0 || is_new_rate || !visit_->shift.empty();
    constexpr int64_t day_us = int64_t{86'400} * micros_per_s;
    auto active_since = now - static_cast<int64_t>(options_.active_days) * day_us;
    visit_->from_period = visit_->is_full ? change_period(active_since) : last_period_;
    ++visits_;
    last_pass_rate_ = pass_rate;
    next_period_ = change_period(now);
    self_->send(self_, step_atom::value);
  }

  caf::error examine_changed() {
    auto changes = store_->changes(visit_->from_period, visit_->after, defaults::agents_per_step);
    if (!changes)
      return changes.error();
    for (auto& each : *changes) {
      examine(each.who);
      visit_->after = std::move(each);
    }
    visit_->changes_done = changes->size() < defaults::agents_per_step;
    visit_->all_done = visit_->changes_done && !visit_->is_full;
    return caf::none;
  }

  /// Marked agents may have changed long ago.
  caf::error examine_marked() {
    auto marked = store_->active(visit_->marked_after, defaults::agents_per_step);
    if (!marked)
      return marked.error();
    for (const auto& who : *marked)
      examine(who);
    if (!marked->empty())
      visit_->marked_after = marked->back();
    visit_->all_done = marked->size() < defaults::agents_per_step;
    return caf::none;
  }

  /// Reads an agent's record, and asks the agent to judge itself if its state would change. A record that cannot be
  /// read costs only its agent.
  void examine(const stored_agent& who) {
    ++visit_->report.examined;
    auto agent = store_->agent(who);
    if (!agent) {
      ++visit_->report.failed;
      log::error("Agent not validated: {}. agent={}", text_of(agent.error()), to_string(who));
      return;
    }
    if (*agent && (!visit_->shift.empty() || would_change(**agent)))
      ask(who);
  }

  bool would_change(const msg<wire::Agent>& agent) const {
    if (!agent->hasReference())
      return false;
    validation_input input;
    input.reference = agent->getReference();
    input.present = agent->getPresent();
    input.pass_rate = visit_->pass_rate;
    add_evidence(input, *agent);
    input.policy = wire::ValidationPolicy::THRESHOLD;
    return agents::judge(agent, *validate(input), 0).agent.bytes() != agent.bytes();
  }

  void ask(const stored_agent& who) {
    ++visit_->in_flight;
    requests_
      .request(services_.baselines, defaults::request_timeout, judge_agent{who, visit_->pass_rate, visit_->shift})
      .then(
        [this](const agent_judgement& done) {
          ++visit_->report.judged;
          visit_->report.captured += done.is_captured;
          answered();
        },
        [this, who](const caf::error& error) {
          ++visit_->report.failed;
          log::warn("Agent not validated, it is tried again: {}. agent={}", text_of(error), to_string(who));
          answered();
        });
  }

  void answered() {
    bool was_full = visit_->in_flight-- >= defaults::max_judgements;
    if (visit_->all_done)
      end_when_done();
    else if (was_full)
      self_->send(self_, step_atom::value);
  }

  void end_when_done() {
    if (visit_->in_flight > 0)
      return;
    // Agents that failed are examined again.
    if (visit_->report.failed == 0)
      last_period_ = next_period_;
    show_counts();
    auto ended = std::move(*visit_);
    visit_.reset();
    log::debug("Agents validated. examined={} judged={} captured={} failed={}", ended.report.examined,
               ended.report.judged, ended.report.captured, ended.report.failed);
    ended.promise.deliver(ended.report);
  }

  /// Tells the numbers of agents; when they cannot be read, the last ones stay.
  void show_counts() {
    agent_counts counts;
    auto known = store_->known();
    bool is_complete = static_cast<bool>(known);
    counts.known = known ? *known : 0;
    auto failure = store_->visit_regressed({}, [&](const stored_agent& who) {
      auto agent = store_->agent(who);
      is_complete &= static_cast<bool>(agent);
      ++counts.regressed;
      counts.confirmed += agent && *agent && (**agent)->getConfirmed();
      return counts.regressed < defaults::max_counted_regressions ? database::scan::next : database::scan::stop;
    });
    if (!failure && is_complete)
      services_.show(counts);
  }

  pointer self_ = nullptr;
  timed_requests<own_actor::base> requests_;
  validator_services services_;
  validator_options options_;
  std::optional<baseline_store> store_; ///< reads from the services' database
  std::optional<visit> visit_;
  uint64_t visits_ = 0;
  uint64_t last_period_ = 0; ///< changes before it were examined
  uint64_t next_period_ = 0; ///< the same after the visit under way
  double last_pass_rate_ = std::numeric_limits<double>::quiet_NaN();
};

own_actor::behavior_type validator(validator_state::pointer self, validator_services services,
                                   validator_options options) {
  auto& state = self->state;
  state.init(self, std::move(services), options);
  return {
    [&state](const visit_agents& wanted) { return state.begin(wanted); },
    [&state](step_atom) { state.step(); },
  };
}

} // namespace

validator_actor spawn_validator(caf::actor_system& system, validator_services services, validator_options options) {
  return system.spawn(validator, std::move(services), options);
}

} // namespace hive
