#include "actors/baseline/agent_record.hpp"

#include "actors/baseline/agent_key.hpp"
#include "actors/baseline/comparison.hpp"
#include "actors/baseline/evidence_rules.hpp"
#include "actors/baseline/recipe_reader.hpp"
#include "actors/baseline/stream_text.hpp"
#include "actors/baseline/validation.hpp"
#include "actors/defaults.hpp"
#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <cmath>
#include <ranges>
#include <utility>

namespace hive {
namespace {

/// The runs that ended with these spans. A run's reward is the sum of its span's.
msg<wire::AddRuns> runs_of(capnp::List<wire::ExecutionSpan>::Reader spans, const std::vector<uint32_t>& ended) {
  return msg<wire::AddRuns>::build([&](wire::AddRuns::Builder out) {
    auto runs = out.initRuns(static_cast<uint32_t>(ended.size()));
    for (uint32_t i = 0; i < runs.size(); ++i) {
      auto span = spans[ended[i]];
      runs[i].setActionId(span.getActionId());
      bool succeeded = as_view(span.getStatus()) == "success";
      runs[i].setOutcome(succeeded ? wire::RunOutcome::SUCCESS : wire::RunOutcome::FAILURE);
      runs[i].setDurationS(span.getDuration());
      std::optional<double> reward;
      for (auto event : span.getEvents())
        if (as_view(event.getType()) == "reward" && !std::isnan(event.getData().getReward()))
          reward = reward.value_or(0) + event.getData().getReward();
      if (reward)
        runs[i].setReward(*reward);
    }
  });
}

} // namespace

agent_record::agent_record(const database& db, stored_agent who) : store_{db}, who_{std::move(who)}, runs_{db, who_} {
}

caf::error agent_record::load() {
  spans_.reset();
  runs_.forget();
  gathered_.clear();
  in_flight_.clear();
  is_changed_ = false;
  auto agent = store_.agent(who_);
  if (!agent)
    return agent.error();
  auto recipe = store_.recipe(who_);
  if (!recipe)
    return recipe.error();
  agent_ = std::move(*agent);
  sealed_ = agent_;
  durable_ = agent_;
  recipe_ = std::move(*recipe);
  is_loaded_ = true;
  return caf::none;
}

caf::error agent_record::load_spans() {
  if (spans_)
    return caf::none;
  span_window read;
  if (auto error = store_.visit_spans(who_, [&](const msg<wire::ExecutionSpan>& span) { read.restore(*span); }))
    return error;
  spans_ = std::move(read);
  return caf::none;
}

msg<wire::Agent> agent_record::agent() const {
  return agent_ ? *agent_ : agents::begin(who_, now_unix_micros());
}

void agent_record::set(msg<wire::Agent> next) {
  agent_ = std::move(next);
  is_changed_ = true;
}

// -- inputs -----------------------------------------------------------------------

msg<wire::AgentRecipe> agent_record::put_recipe(write_set& writes, const msg<wire::AgentRecipe>& recipe) {
  // A retired one counts too: a file that was away for a while and returns as it was is no change.
  bool differs = !recipe_ || (*recipe_)->getStructureHash() != recipe->getStructureHash();
  recipe_ = changed(recipe, [&](wire::AgentRecipe::Builder out) { out.setStructureChanged(differs); });
  baseline_store::put_recipe(writes, who_, *recipe_);
  set(agents::with_recipe(agent(), **recipe_, now_unix_micros()));
  return *recipe_;
}

caf::error agent_record::retire_recipe(write_set& writes) {
  if (!recipe_)
    return fail(ec::not_found, "agent " + to_string(who_) + " has no recipe");
  recipe_ = changed(*recipe_, [](wire::AgentRecipe::Builder out) { out.setRetired(true); });
  baseline_store::put_recipe(writes, who_, *recipe_);
  set(agents::with_recipe(agent(), **recipe_, now_unix_micros()));
  return caf::none;
}

caf::expected<agent_runs::added>
agent_record::add_spans(write_set& writes, capnp::List<wire::ExecutionSpan>::Reader spans, double threshold) {
  if (auto error = load_spans())
    return error;
  auto next = agent()->getSpanSequence() + 1;
  auto change = spans_->add(spans, next);
  for (const auto& span : change.put)
    baseline_store::put_span(writes, who_, span);
  for (auto sequence : change.erase)
    baseline_store::erase_span(writes, who_, sequence);
  set(changed(agent(), [&](wire::Agent::Builder out) {
    out.setSpanSequence(next - 1);
    out.setChangedAt(now_unix_micros());
  }));
  if (change.ended.empty())
    return agent_runs::added{};
  auto runs = runs_of(spans, change.ended);
  return count(writes, runs->getRuns(), {}, threshold);
}

void agent_record::clear_spans(write_set& writes) {
  baseline_store::erase_spans(writes, who_);
  spans_.emplace();
  set(changed(agent(), [](wire::Agent::Builder out) { out.setChangedAt(now_unix_micros()); }));
}

// -- runs -------------------------------------------------------------------------

caf::expected<agent_runs::added> agent_record::add_runs(write_set& writes, wire::AddRuns::Reader given,
                                                        double threshold) {
  if (agent_ && agents::knows_runs_of(**agent_, as_view(given.getIdempotencyKey())))
    return agent_runs::added{};
  return count(writes, given.getRuns(), std::string{as_view(given.getIdempotencyKey())}, threshold);
}

caf::expected<agent_runs::added> agent_record::count(write_set& writes, capnp::List<wire::AgentRun>::Reader runs,
                                                     const std::string& key, double threshold) {
  agents::run_outcome outcome;
  outcome.idempotency_key = key;
  for (auto run : runs) {
    if (run.getModel().size() > 0)
      outcome.model = as_view(run.getModel());
    if (run.getJudge().size() > 0)
      outcome.judge = as_view(run.getJudge());
  }
  auto before = agent();
  auto offset_of = [&](std::string_view judge) { return agents::reward_offset(*before, judge); };
  auto counted = runs_.add(writes, runs, before->getConfiguration(), threshold, offset_of);
  if (!counted)
    return counted.error();
  set(agents::with_runs(before, outcome, now_unix_micros()));
  if (!counted->changed.empty() || counted->trajectory_changed)
    if (auto error = update_verdicts(threshold))
      return error;
  return counted;
}

/// Writes into the record what validations need of the streams, so that they need not read them.
caf::error agent_record::update_verdicts(double threshold) {
  auto verdicts = runs_.verdicts(threshold);
  if (!verdicts)
    return verdicts.error();
  auto change = runs_.trajectory_change();
  if (!change)
    return change.error();
  set(agents::with_verdicts(agent(), *verdicts, *change ? trajectory_metrics(**change) : std::vector<std::string>{}));
  return caf::none;
}

caf::error agent_record::accept(write_set& writes, wire::Baseline::Reader baseline, wire::AcceptAgent::Reader how,
                                double threshold) {
  if (auto error = runs_.accept(writes, threshold))
    return error;
  set(agents::accepted(agent(), baseline, how, now_unix_micros()));
  return caf::none;
}

caf::error agent_record::rebase(wire::RebaseAgent::Reader how) {
  auto next = agents::rebased(agent(), how, now_unix_micros());
  if (!next)
    return next.error();
  set(*next);
  return caf::none;
}

caf::expected<msg<wire::BaselineComparison>> agent_record::compare(uint32_t before, uint32_t after) {
  auto old_baseline = durable_baseline(before);
  if (!old_baseline)
    return old_baseline.error();
  auto new_baseline = durable_baseline(after);
  if (!new_baseline)
    return new_baseline.error();
  auto items = runs_.items(before, after);
  if (!items)
    return items.error();
  return hive::compare(**old_baseline, **new_baseline, items->before, items->after);
}

caf::error agent_record::explain(wire::AgentExplanation::Builder out, double threshold) {
  out.setPromptId(who_.prompt);
  out.setFlowId(who_.flow);
  return runs_.explain(out, threshold, agent()->getConfiguration());
}

// -- baselines --------------------------------------------------------------------

void agent_record::put(write_set& writes, const msg<wire::Baseline>& added) {
  baseline_store::put_baseline(writes, who_, added);
  gathered_.insert_or_assign(added->getVersion(), added);
}

caf::expected<msg<wire::Baseline>> agent_record::baseline(uint32_t version) const {
  for (const auto* pending : {&gathered_, &in_flight_})
    if (auto found = pending->find(version); found != pending->end())
      return found->second;
  return durable_baseline(version);
}

caf::expected<msg<wire::Baseline>> agent_record::durable_baseline(uint32_t version) const {
  auto found = store_.baseline(who_, version);
  if (!found)
    return found.error();
  if (!*found)
    return fail(ec::not_found, "agent " + to_string(who_) + " has no baseline " + std::to_string(version));
  return **found;
}

caf::expected<msg<wire::Baseline>> agent_record::newest_reference() const {
  for (const auto* pending : {&gathered_, &in_flight_})
    for (const auto& [version, each] : *pending | std::views::reverse)
      if (each->getKind() == wire::BaselineKind::CAPTURE)
        return each;
  uint32_t newest = 0;
  auto failure = store_.visit_summaries_back(who_, [&](const msg<wire::BaselineSummary>& summary) {
    newest = summary->getVersion();
    return summary->getKind() == wire::BaselineKind::CAPTURE ? database::scan::stop : database::scan::next;
  });
  if (failure)
    return failure;
  return baseline(newest);
}

caf::expected<msg<wire::Baseline>> agent_record::import(write_set& writes, wire::ImportBaseline::Reader given) {
  auto version = given.getVersion();
  auto added = agents::import_as(who_, given.getBaseline(), version);
  auto existing = baseline(version);
  if (!existing && code_of(existing.error()) != ec::not_found)
    return existing.error();
  if (existing && agents::same_content(**existing, *added))
    return *existing;
  if (existing && !given.getAppend())
    return fail(ec::conflict, "agent " + to_string(who_) + " has another baseline " + std::to_string(version) +
                                "; append=true stores this one under the next free number");
  if (existing) {
    auto earlier = appended(version, added);
    if (!earlier)
      return earlier.error();
    if (*earlier)
      return **earlier;
    added = changed(added, [&](wire::Baseline::Builder out) {
      out.setImportedVersion(version);
      out.setVersion(agent()->getLatest() + 1);
    });
  }
  put(writes, added);
  set(agents::with_import(agent(), *added, now_unix_micros()));
  return added;
}

caf::expected<std::optional<msg<wire::Baseline>>> agent_record::appended(uint32_t version,
                                                                         const msg<wire::Baseline>& content) const {
  using found = std::optional<msg<wire::Baseline>>;
  auto is_it = [&](const msg<wire::Baseline>& each) {
    return each->getImportedVersion() == version && agents::same_content(*each, *content);
  };
  for (const auto* pending : {&gathered_, &in_flight_})
    for (const auto& [number, each] : *pending)
      if (is_it(each))
        return found{each};
  found out;
  caf::error unreadable;
  auto failure = store_.visit_summaries_back(who_, [&](const msg<wire::BaselineSummary>& summary) {
    if (summary->getVersion() <= version)
      return database::scan::stop;
    if (!summary->getImported())
      return database::scan::next;
    auto each = baseline(summary->getVersion());
    if (!each)
      unreadable = each.error();
    else if (is_it(*each))
      out = *each;
    return each && !out ? database::scan::next : database::scan::stop;
  });
  if (failure || unreadable)
    return failure ? failure : unreadable;
  return out;
}

caf::expected<msg<wire::Baseline>> agent_record::capture(write_set& writes, wire::CaptureBaseline::Reader wanted,
                                                         const agents::capture_plan& plan,
                                                         const latest_results& results) {
  agents::capture_sources sources{recipe_, {}, results, {}};
  if (!wanted.hasLightningMetrics()) {
    if (auto error = load_spans())
      return error;
    sources.lightning = spans_->metrics(as_view(wanted.getUserPrompt()));
  }
  auto runs = runs_.metrics();
  if (!runs)
    return runs.error();
  sources.runs = std::move(*runs);
  auto now = now_unix_micros();
  auto made = agents::make_baseline(*agent(), wanted, plan, sources, now);
  if (made.bytes().size() > defaults::max_baseline_bytes)
    return fail(ec::too_large, "the baseline has " + std::to_string(made.bytes().size()) + " bytes, at most " +
                                 std::to_string(defaults::max_baseline_bytes) + " are allowed");
  put(writes, made);
  auto before = agent();
  set(agents::with_baseline(before, *made, wanted, plan, now));
  if (made->getKind() != wire::BaselineKind::CAPTURE || !before->hasAnchor())
    return made;
  auto samples = runs_.samples();
  if (!samples)
    return samples.error();
  set(agents::with_samples(agent(), *made, agents::begins_lineage(*before, *made), *samples));
  return made;
}

// -- validations ------------------------------------------------------------------

caf::expected<msg<wire::AgentFigures>> agent_record::present_of(wire::ValidateAgent::Reader query) const {
  using figures = msg<wire::AgentFigures>;
  if (query.hasRecipeMetrics())
    return figures::build([&](wire::AgentFigures::Builder out) { fill_figures(out, query.getRecipeMetrics()); });
  if (query.getRecipe().size() > 0) {
    auto read = read_recipe(as_view(query.getRecipe()), now_unix_micros(), wire::RecipeSource::PUSHED);
    if (!read)
      return read.error();
    return figures::build([&](wire::AgentFigures::Builder out) { fill_figures(out, (*read)->getMetrics()); });
  }
  if (!agent_ || agents::names(query.getGiven(), "recipe_metrics"))
    return figures{};
  return figures::copy_of((*agent_)->getPresent());
}

caf::expected<other_reference> agent_record::named_reference(wire::ValidateAgent::Reader query) const {
  if (query.getAgainst() == 0)
    return other_reference{};
  auto named = baseline(query.getAgainst());
  if (!named)
    return named.error();
  return other_reference{
    msg<wire::AgentFigures>::build([&](wire::AgentFigures::Builder out) { fill_figures(out, **named); })};
}

msg<wire::AgentValidation> agent_record::validate(wire::AgentFigures::Reader present, bool is_own, double pass_rate,
                                                  wire::ValidationPolicy policy, const other_reference& other) const {
  validation_input input;
  if (other)
    input.reference = **other;
  else if (agent_ && (*agent_)->hasReference())
    input.reference = (*agent_)->getReference();
  if (agent_ && (*agent_)->hasAnchor())
    input.anchor = (*agent_)->getAnchor();
  input.present = present;
  input.pass_rate = pass_rate;
  input.policy = policy;
  if (agent_ && is_own && !other)
    add_evidence(input, **agent_);
  return hive::validate(input);
}

// -- writes -----------------------------------------------------------------------

void agent_record::seal(write_set& writes) {
  in_flight_ = std::exchange(gathered_, {});
  if (!std::exchange(is_changed_, false))
    return;
  baseline_store::put_agent(writes, sealed_, *agent_);
  sealed_ = agent_;
}

void agent_record::landed() {
  in_flight_.clear();
  durable_ = sealed_;
}

} // namespace hive
