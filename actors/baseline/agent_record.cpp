#include "actors/baseline/agent_record.hpp"

#include "actors/baseline/agent_key.hpp"
#include "actors/baseline/recipe_reader.hpp"
#include "actors/baseline/validation.hpp"
#include "actors/defaults.hpp"
#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <ranges>
#include <utility>

namespace hive {

agent_record::agent_record(const database& db, stored_agent who) : store_{db}, who_{std::move(who)} {
}

caf::error agent_record::load() {
  spans_.reset();
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
  bool is_first = !recipe_ || (*recipe_)->getRetired();
  bool differs = is_first || (*recipe_)->getStructureHash() != recipe->getStructureHash();
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

caf::error agent_record::add_spans(write_set& writes, capnp::List<wire::ExecutionSpan>::Reader spans) {
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
  return caf::none;
}

void agent_record::clear_spans(write_set& writes) {
  baseline_store::erase_spans(writes, who_);
  spans_.emplace();
  set(changed(agent(), [](wire::Agent::Builder out) { out.setChangedAt(now_unix_micros()); }));
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
  if (existing)
    added = changed(added, [&](wire::Baseline::Builder out) {
      out.setImportedVersion(version);
      out.setVersion(agent()->getLatest() + 1);
    });
  put(writes, added);
  set(agents::with_import(agent(), *added, now_unix_micros()));
  return added;
}

caf::expected<msg<wire::Baseline>> agent_record::capture(write_set& writes, wire::CaptureBaseline::Reader wanted,
                                                         const agents::capture_plan& plan,
                                                         const latest_results& results) {
  agents::capture_sources sources{recipe_, {}, results};
  if (!wanted.hasLightningMetrics()) {
    if (auto error = load_spans())
      return error;
    sources.lightning = spans_->metrics(as_view(wanted.getUserPrompt()));
  }
  auto now = now_unix_micros();
  auto made = agents::make_baseline(*agent(), wanted, plan, sources, now);
  if (made.bytes().size() > defaults::max_baseline_bytes)
    return fail(ec::too_large, "the baseline has " + std::to_string(made.bytes().size()) + " bytes, at most " +
                                 std::to_string(defaults::max_baseline_bytes) + " are allowed");
  put(writes, made);
  set(agents::with_baseline(agent(), *made, wanted, plan, now));
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

msg<wire::AgentValidation> agent_record::validate(wire::AgentFigures::Reader present, double pass_rate,
                                                  wire::ValidationPolicy policy) const {
  validation_input input;
  if (agent_ && (*agent_)->hasReference())
    input.reference = (*agent_)->getReference();
  if (agent_ && (*agent_)->hasAnchor())
    input.anchor = (*agent_)->getAnchor();
  input.present = present;
  input.pass_rate = pass_rate;
  input.policy = policy;
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
}

} // namespace hive
