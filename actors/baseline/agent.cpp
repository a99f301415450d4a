#include "actors/baseline/agent.hpp"

#include "actors/baseline/agent_event.hpp"
#include "actors/baseline/agent_key.hpp"
#include "actors/baseline/agent_record.hpp"
#include "actors/baseline/agent_rules.hpp"
#include "actors/baseline/comparison.hpp"
#include "actors/baseline/recipe_reader.hpp"
#include "actors/baseline/stream_text.hpp"
#include "actors/baseline/validation.hpp"
#include "actors/defaults.hpp"
#include "actors/store/durable_batch.hpp"
#include "messages/baseline.capnp.h"
#include "messages/benchmark.capnp.h"
#include "messages/change.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"
#include "platform/log.hpp"
#include "platform/sha256.hpp"

#include <caf/all.hpp>
#include <cmath>
#include <optional>

namespace hive {
namespace {

class agent_state {
public:
  using pointer = kept_agent_actor::stateful_pointer<agent_state>;
  static inline const char* name = "agent";

  void init(pointer self, agent_services services, stored_agent who, evidence_threshold threshold) {
    self_ = self;
    threshold_ = threshold;
    services_ = std::move(services);
    store_.emplace(*services_.db);
    record_.emplace(*services_.db, std::move(who));
    batch_.init(self, services_.committer,
                {.entries = "writes of agent " + to_string(record_->who()),
                 .max_entries = defaults::max_agent_writes,
                 .seal = [this](write_set& writes) { record_->seal(writes); },
                 .reload = [this] { return record_->load(); },
                 .on_durable = [this] { record_->landed(); }});
  }

  void set(const evidence_threshold& threshold) {
    threshold_ = threshold;
  }

  idle_report report() const {
    return {handled_, !batch_.is_in_flight()};
  }

  // -- inputs ---------------------------------------------------------------------

  caf::result<msg<wire::AgentInputStored>> put(const msg<wire::PutRecipe>& given) {
    if (auto error = begin_write())
      return error;
    auto read = read_recipe(as_view(given->getRecipe()), now_unix_micros(), given->getSource());
    if (!read)
      return read.error();
    auto recipe = record_->put_recipe(batch_.writes(), *read);
    return stored(1, [&](wire::AgentInputStored::Builder out) { out.setRecipe(*recipe); });
  }

  caf::result<msg<wire::AgentInputStored>> retire() {
    if (auto error = begin_write())
      return error;
    if (auto error = record_->retire_recipe(batch_.writes()))
      return error;
    self_->send(services_.events, agent_event(record_->who(), wire::AgentChange::RECIPE_RETIRED));
    return stored(1);
  }

  caf::result<msg<wire::AgentInputStored>> put(const msg<wire::PutTrust>& given) {
    if (auto error = begin_write())
      return error;
    record_->set(agents::with_trust(record_->agent(), given->getTrust(), now_unix_micros()));
    return stored(1);
  }

  caf::result<msg<wire::AgentInputStored>> put(const msg<wire::PutPrompt>& given) {
    if (auto error = begin_write())
      return error;
    std::string hash{as_view(given->getSha256())};
    if (hash.empty() == (given->getText().size() == 0))
      return fail(ec::invalid, "give either /sha256 or /text");
    if (hash.empty())
      hash = to_hex(sha256(as_view(given->getText())));
    bool differs = as_view(record_->agent()->getPromptHash()) != hash;
    record_->set(agents::with_prompt(record_->agent(), hash, now_unix_micros()));
    return stored(1, [&](wire::AgentInputStored::Builder out) { out.setPromptChanged(differs); });
  }

  caf::result<msg<wire::AgentInputStored>> put(const msg<wire::SetActive>& given) {
    if (auto error = begin_write())
      return error;
    record_->set(changed(record_->agent(), [&](wire::Agent::Builder out) { out.setActive(given->getActive()); }));
    return stored(1);
  }

  caf::result<msg<wire::AgentInputStored>> add(const msg<wire::AddSpans>& given) {
    if (auto error = begin_write())
      return error;
    auto counted = record_->add_spans(batch_.writes(), given->getSpans(), threshold_.threshold);
    if (!counted)
      return counted.error();
    tell(*counted);
    return stored(given->getSpans().size());
  }

  caf::result<msg<wire::AgentInputStored>> add(const msg<wire::AddRuns>& given) {
    if (auto error = begin_write())
      return error;
    auto counted = record_->add_runs(batch_.writes(), *given, threshold_.threshold);
    if (!counted)
      return counted.error();
    tell(*counted);
    bool is_repeated = counted->stream_runs == 0;
    return stored(is_repeated ? 0 : given->getRuns().size());
  }

  caf::result<msg<wire::AgentInputStored>> clear_spans() {
    if (auto error = begin_write())
      return error;
    record_->clear_spans(batch_.writes());
    return stored(0);
  }

  // -- baselines ------------------------------------------------------------------

  caf::result<msg<wire::CaptureOutcome>> capture(const msg<wire::CaptureBaseline>& wanted) {
    if (auto error = begin())
      return error;
    if (auto done = agents::version_of_key(*record_->agent(), as_view(wanted->getIdempotencyKey()))) {
      auto earlier = record_->baseline(done);
      if (!earlier)
        return earlier.error();
      return answer(outcome(*earlier, true));
    }
    auto results = results_for(wanted->getBenchmarkMetrics(), wanted->getGiven());
    auto plan = agents::plan_capture(*record_->agent(), *wanted, is_regressed(*wanted, results), now_unix_micros());
    if (!plan.skipped.empty())
      return msg<wire::CaptureOutcome>::build([&](wire::CaptureOutcome::Builder out) { out.setSkipped(plan.skipped); });
    auto made = make_next(*wanted, plan, results);
    if (!made)
      return made.error();
    return answer(outcome(*made, false));
  }

  caf::result<msg<wire::Baseline>> import(const msg<wire::ImportBaseline>& given) {
    if (auto error = begin_write())
      return error;
    auto added = record_->import(batch_.writes(), *given);
    if (!added)
      return added.error();
    return answer(*added);
  }

  caf::result<msg<wire::Baseline>> find(const msg<wire::BaselineQuery>& query) {
    if (auto error = begin_question())
      return error;
    const auto& agent = record_->durable_agent();
    auto newest = agent ? (*agent)->getLatest() : 0;
    auto found = record_->durable_baseline(query->getVersion() == 0 ? newest : query->getVersion());
    if (!found)
      return found.error();
    return *found;
  }

  caf::result<msg<wire::BaselineList>> list(const msg<wire::BaselineListQuery>& query) {
    if (auto error = begin_question())
      return error;
    auto page = store_->summaries(record_->who(), query->getAfter(), size_t{query->getLimit()} + 1);
    if (!page)
      return page.error();
    bool more = page->size() > query->getLimit();
    if (more)
      page->pop_back();
    return msg<wire::BaselineList>::build([&](wire::BaselineList::Builder out) {
      auto list = out.initBaselines(static_cast<uint32_t>(page->size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        list.setWithCaveats(i, *(*page)[i]);
      if (more)
        out.setNext(page->back()->getVersion());
    });
  }

  // -- judgements -----------------------------------------------------------------

  caf::result<msg<wire::BaselineComparison>> compare(const msg<wire::CompareBaselines>& query) {
    if (auto error = begin_question())
      return error;
    auto compared = record_->compare(query->getOld(), query->getNew());
    if (!compared)
      return compared.error();
    return *compared;
  }

  caf::result<msg<wire::AgentExplanation>> explain() {
    if (auto error = begin_question())
      return error;
    caf::error failure;
    auto explained = msg<wire::AgentExplanation>::build([&](wire::AgentExplanation::Builder out) {
      failure = record_->explain(out, threshold_.threshold);
      out.setRunsPerWeek(threshold_.runs_per_week);
      out.setFalseAlarmsPerWeek(threshold_.false_alarms_per_week);
    });
    if (failure)
      return failure;
    return explained;
  }

  caf::result<msg<wire::Agent>> rebase(const msg<wire::RebaseAgent>& how) {
    if (auto error = begin_write())
      return error;
    if (auto error = record_->rebase(*how))
      return error;
    return answer(record_->agent());
  }

  caf::result<msg<wire::AgentTrend>> trend() {
    if (auto error = begin())
      return error;
    auto all = store_->summaries(record_->who(), 0, defaults::max_trend_baselines);
    if (!all)
      return all.error();
    return trend_of(*all);
  }

  caf::result<msg<wire::AgentValidation>> validate(const msg<wire::ValidateAgent>& query) {
    if (auto error = begin())
      return error;
    auto present = record_->present_of(*query);
    if (!present)
      return present.error();
    auto other = record_->named_reference(*query);
    if (!other)
      return other.error();
    auto results = results_for(query->getBenchmarkMetrics(), query->getGiven());
    auto pass_rate = results ? pass_rate_of(**results) : pass_rate_of(query->getBenchmarkMetrics());
    bool is_own = !query->hasRecipeMetrics() && query->getRecipe().size() == 0;
    return record_->validate(**present, is_own, pass_rate, query->getPolicy(), *other);
  }

  caf::result<msg<wire::Agent>> pin(const msg<wire::SetReference>& wanted) {
    if (auto error = begin_write())
      return error;
    auto found = record_->baseline(wanted->getVersion());
    if (!found)
      return found.error();
    record_->set(agents::with_reference(record_->agent(), **found, true, now_unix_micros()));
    return answer(record_->agent());
  }

  caf::result<msg<wire::Agent>> unpin() {
    if (auto error = begin_write())
      return error;
    auto newest = record_->newest_reference();
    if (!newest)
      return newest.error();
    record_->set(agents::with_reference(record_->agent(), **newest, false, now_unix_micros()));
    return answer(record_->agent());
  }

  caf::result<msg<wire::Agent>> accept(const msg<wire::AcceptAgent>& how) {
    if (auto error = begin_write())
      return error;
    auto accepted = how->getVersion() > 0 ? record_->baseline(how->getVersion()) : capture_accepted(*how);
    if (!accepted)
      return accepted.error();
    if (auto error = record_->accept(batch_.writes(), **accepted, *how, threshold_.threshold))
      return error;
    self_->send(services_.events, agent_accepted(record_->who(), *how, (*accepted)->getVersion()));
    return answer(record_->agent());
  }

  caf::result<agent_judgement> judge(const judge_agent& request) {
    if (auto error = begin_question())
      return error;
    if (auto full = batch_.check_room(1))
      return full;
    auto found =
      record_->validate(record_->agent()->getPresent(), true, request.pass_rate, wire::ValidationPolicy::THRESHOLD);
    auto judged = agents::judge(record_->agent(), *found, now_unix_micros());
    agent_judgement out{found->getRegressions().size() > 0, found->getConfirmed(), false};
    if (judged.agent.bytes() != record_->agent().bytes())
      record_->set(judged.agent);
    bool is_worse =
      judged.what == agents::transition::regressed || judged.what == agents::transition::regressions_changed;
    if (is_worse || !request.shift.empty()) {
      if (auto captured = capture_because(*found, request.shift); !captured)
        return captured.error();
      out.is_captured = true;
    }
    tell(judged.what, *found);
    return answer(out);
  }

  caf::result<msg<wire::Agent>> find() {
    if (auto error = begin())
      return error;
    if (!record_->durable_agent())
      return unknown();
    return *record_->durable_agent();
  }

private:
  /// Every request begins here.
  caf::error begin() {
    ++handled_;
    return record_->is_loaded() ? caf::none : record_->load();
  }

  /// Begins a request that fails for an unknown agent.
  caf::error begin_question() {
    if (auto error = begin())
      return error;
    return record_->is_known() ? caf::none : unknown();
  }

  caf::error unknown() const {
    return fail(ec::not_found, "there is no agent " + to_string(record_->who()));
  }

  /// Begins a request that writes at once.
  caf::error begin_write() {
    if (auto error = begin())
      return error;
    return check_write();
  }

  /// Whether one more write fits, and the agent may become known by it.
  caf::error check_write() const {
    if (auto full = batch_.check_room(1))
      return full;
    if (record_->is_known())
      return caf::none;
    auto known = store_->known();
    if (!known)
      return known.error();
    if (*known < services_.max_known)
      return caf::none;
    return fail(ec::overloaded, "the node knows " + std::to_string(*known) + " agents already");
  }

  /// Answers once everything gathered so far is durable.
  template <class Content>
  caf::typed_response_promise<Content> answer(Content content) {
    auto promise = self_->make_response_promise<Content>();
    bool nothing_to_write = !record_->is_changed() && batch_.writes().empty() && !batch_.is_in_flight();
    if (nothing_to_write) {
      promise.deliver(std::move(content));
    } else {
      batch_.answer_when_durable(1, promise, std::move(content));
      batch_.flush();
    }
    return promise;
  }

  template <class Fill>
  caf::typed_response_promise<msg<wire::AgentInputStored>> stored(uint32_t count, Fill fill) {
    return answer(msg<wire::AgentInputStored>::build([&](wire::AgentInputStored::Builder out) {
      out.setPromptId(record_->who().prompt);
      out.setFlowId(record_->who().flow);
      out.setRecorded(count);
      fill(out);
    }));
  }

  caf::typed_response_promise<msg<wire::AgentInputStored>> stored(uint32_t count) {
    return stored(count, [](wire::AgentInputStored::Builder) {});
  }

  /// The node's newest results; nothing when there are none, or when the request gives them itself.
  latest_results results_for(capnp::List<wire::AdapterFigures>::Reader given,
                             capnp::List<capnp::Text>::Reader sections) const {
    if (given.size() > 0 || agents::names(sections, "benchmark_metrics"))
      return {};
    return services_.results->get();
  }

  // -- captures -------------------------------------------------------------------

  /// Whether a capture that may be made because of a regression finds one. Others need not know.
  bool is_regressed(wire::CaptureBaseline::Reader wanted, const latest_results& results) const {
    if (as_view(wanted.getTrigger()) != agents::regression_trigger)
      return false;
    auto pass_rate = results ? pass_rate_of(**results) : pass_rate_of(wanted.getBenchmarkMetrics());
    auto found = record_->validate(record_->agent()->getPresent(), true, pass_rate, wire::ValidationPolicy::THRESHOLD);
    return found->getRegressions().size() > 0;
  }

  static msg<wire::CaptureOutcome> outcome(const msg<wire::Baseline>& baseline, bool repeated) {
    return msg<wire::CaptureOutcome>::build([&](wire::CaptureOutcome::Builder out) {
      out.setBaseline(*baseline);
      out.setRepeated(repeated);
    });
  }

  /// Makes the next baseline; it is durable with the batch.
  caf::expected<msg<wire::Baseline>> make_next(wire::CaptureBaseline::Reader wanted, const agents::capture_plan& plan,
                                               const latest_results& results) {
    if (auto full = check_write())
      return full;
    auto made = record_->capture(batch_.writes(), wanted, plan, results);
    if (made)
      follow_advice(**made);
    return made;
  }

  /// Captures the present state, which somebody accepts.
  caf::expected<msg<wire::Baseline>> capture_accepted(wire::AcceptAgent::Reader how) {
    auto wanted = msg<wire::CaptureBaseline>::build([&](wire::CaptureBaseline::Builder out) {
      out.setTrigger("manual");
      out.setUserId(how.getUserId());
      out.setReason(how.getReason());
    });
    agents::capture_plan plan;
    plan.trigger = as_view(wanted->getTrigger());
    return make_next(*wanted, plan, services_.results->get());
  }

  /// Captures a baseline because of a regression or a shift of the world model.
  caf::expected<msg<wire::Baseline>> capture_because(wire::AgentValidation::Reader found, const std::string& shift) {
    auto wanted = msg<wire::CaptureBaseline>::build([&](wire::CaptureBaseline::Builder out) {
      out.setTrigger(agents::regression_trigger);
      out.setReason(shift.empty() ? "regressed" : shift);
    });
    auto plan = agents::plan_capture(*record_->agent(), *wanted, found.getRegressions().size() > 0, now_unix_micros());
    return make_next(*wanted, plan, {});
  }

  // -- events ---------------------------------------------------------------------

  /// Tells what runs did: their number to the directory, and confirmed regressions to all.
  void tell(const agent_runs::added& counted) {
    if (counted.stream_runs > 0)
      self_->send(services_.run_counter, runs_counted{counted.stream_runs});
    std::vector<std::string> confirmed;
    for (const auto& each : counted.changed)
      if (each.turned(analysis::drift_evidence::confirmed))
        confirmed.push_back(name_of(each.key));
    if (!confirmed.empty())
      self_->send(services_.events, agent_confirmed(record_->who(), confirmed));
  }

  /// Sends the events of a judgement, and advises to retire a recipe that regressed while its rewards decline.
  void tell(agents::transition what, wire::AgentValidation::Reader found) {
    using agents::transition;
    if (what == transition::none)
      return;
    auto change = what == transition::regressed   ? wire::AgentChange::REGRESSED
                  : what == transition::recovered ? wire::AgentChange::RECOVERED
                                                  : wire::AgentChange::REGRESSIONS_CHANGED;
    self_->send(services_.events, agent_judged(record_->who(), change, found));
    if (what != transition::recovered && std::isnan(record_->agent()->getAdvisedReward()))
      advise_retirement();
  }

  void advise_retirement() {
    auto all = store_->summaries(record_->who(), 0, defaults::max_trend_baselines);
    if (!all)
      return log::warn("Trend unknown, no advice: {}. agent={}", text_of(all.error()), to_string(record_->who()));
    if (all->empty() || trend_of(*all)->getRewardTrend() != wire::Trend::DECLINING)
      return;
    auto reward = all->back()->getAvgReward();
    record_->set(agents::with_advice(record_->agent(), reward));
    self_->send(services_.events,
                agent_advice(record_->who(), wire::AgentChange::RETIRE_ADVISED, all->front()->getAvgReward(), reward));
  }

  /// Follows up an advice to retire once another recipe has been captured.
  void follow_advice(wire::Baseline::Reader made) {
    auto agent = record_->agent();
    auto advice = agents::advice_after(*agent, made);
    if (!advice)
      return;
    self_->send(services_.events, agent_advice(record_->who(), *advice, agent->getAdvisedReward(),
                                               made.getLightningMetrics().getAvgReward()));
    record_->set(agents::without_advice(agent));
  }

  pointer self_ = nullptr;
  agent_services services_;
  std::optional<baseline_store> store_; ///< reads from the services' database
  std::optional<agent_record> record_;  ///< set by `init`
  evidence_threshold threshold_;
  uint64_t handled_ = 0; ///< requests received
  durable_batch batch_;  ///< last member: its destructor answers waiting requests
};

kept_agent_actor::behavior_type agent(agent_state::pointer self, agent_services services, stored_agent who,
                                      evidence_threshold threshold) {
  auto& state = self->state;
  state.init(self, std::move(services), std::move(who), threshold);
  return {
    [&state](const msg<wire::PutRecipe>& given) { return state.put(given); },
    [&state](const msg<wire::RetireRecipe>&) { return state.retire(); },
    [&state](const msg<wire::PutTrust>& given) { return state.put(given); },
    [&state](const msg<wire::PutPrompt>& given) { return state.put(given); },
    [&state](const msg<wire::SetActive>& given) { return state.put(given); },
    [&state](const msg<wire::AddSpans>& given) { return state.add(given); },
    [&state](const msg<wire::ClearSpans>&) { return state.clear_spans(); },
    [&state](const msg<wire::AddRuns>& given) { return state.add(given); },
    [&state](const msg<wire::CaptureBaseline>& wanted) { return state.capture(wanted); },
    [&state](const msg<wire::ImportBaseline>& given) { return state.import(given); },
    [&state](const msg<wire::BaselineQuery>& query) { return state.find(query); },
    [&state](const msg<wire::BaselineListQuery>& query) { return state.list(query); },
    [&state](const msg<wire::CompareBaselines>& query) { return state.compare(query); },
    [&state](const msg<wire::TrendQuery>&) { return state.trend(); },
    [&state](const msg<wire::ValidateAgent>& query) { return state.validate(query); },
    [&state](const msg<wire::SetReference>& wanted) { return state.pin(wanted); },
    [&state](const msg<wire::UnpinReference>&) { return state.unpin(); },
    [&state](const msg<wire::AcceptAgent>& how) { return state.accept(how); },
    [&state](const msg<wire::RebaseAgent>& how) { return state.rebase(how); },
    [&state](const msg<wire::ExplainQuery>&) { return state.explain(); },
    [&state](const msg<wire::AgentQuery>&) { return state.find(); },
    [&state](const judge_agent& request) { return state.judge(request); },
    [&state](may_go) { return state.report(); },
    [&state](const evidence_threshold& threshold) { state.set(threshold); },
  };
}

} // namespace

kept_agent_actor spawn_agent(caf::actor_system& system, agent_services services, stored_agent who,
                             evidence_threshold threshold) {
  return system.spawn(agent, std::move(services), std::move(who), threshold);
}

} // namespace hive
