#include "storage/baseline_store.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hive {
namespace {

stored_agent name_of(wire::Agent::Reader agent) {
  return {std::string{as_view(agent.getPromptId())}, std::string{as_view(agent.getFlowId())}};
}

/// The first key after all keys of an agent under a prefix.
std::string from_after(const std::string& prefix, const std::optional<stored_agent>& after,
                       std::string (*key)(std::string_view, std::string_view)) {
  return after ? key(after->prompt, after->flow) + '\0' : prefix;
}

/// Visits the marks under a prefix.
caf::error visit_marks(const database& db, const std::string& prefix, const std::string& from,
                       const std::function<database::scan(const stored_agent&)>& visit_agent) {
  return db.visit(column::baselines, prefix, from, [&](auto key, auto) {
    auto parts = keys::parts_of_agent(key, prefix);
    return visit_agent({std::string{parts.prompt}, std::string{parts.flow}});
  });
}

double mean_success_rate(wire::RecipeMetrics::Reader recipe) {
  double sum = 0;
  uint32_t count = 0;
  for (auto action : recipe.getPerAction())
    if (!std::isnan(action.getSuccessRate())) {
      sum += action.getSuccessRate();
      ++count;
    }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

msg<wire::BaselineSummary> summarise(wire::Baseline::Reader baseline) {
  return msg<wire::BaselineSummary>::build([&](wire::BaselineSummary::Builder out) {
    out.setVersion(baseline.getVersion());
    out.setTrigger(baseline.getTrigger());
    out.setTimestamp(baseline.getTimestamp());
    out.setKind(baseline.getKind());
    out.setImported(baseline.getImported());
    if (baseline.hasLightningMetrics())
      out.setAvgReward(baseline.getLightningMetrics().getAvgReward());
    if (!baseline.hasRecipeMetrics())
      return;
    out.setTotalDurationSeconds(baseline.getRecipeMetrics().getTotalExpectedDurationSeconds());
    out.setSuccessRate(mean_success_rate(baseline.getRecipeMetrics()));
  });
}

} // namespace

uint64_t change_period(int64_t unix_micros) {
  return static_cast<uint64_t>(std::max<int64_t>(unix_micros, 0) / baseline_store::change_period_us);
}

caf::expected<uint64_t> baseline_store::known() const {
  auto count = db_.counter(keys::known_agents());
  if (!count)
    return count.error();
  return static_cast<uint64_t>(std::max<int64_t>(*count, 0));
}

caf::expected<std::optional<msg<wire::Agent>>> baseline_store::agent(const stored_agent& who) const {
  return db_.get_msg<wire::Agent>(column::baselines, keys::agent(who.prompt, who.flow));
}

caf::error
baseline_store::visit_agents(const std::optional<stored_agent>& after,
                             const std::function<database::scan(const msg<wire::Agent>&)>& visit_agent) const {
  caf::error damage;
  auto prefix = keys::agents();
  auto failure =
    db_.visit(column::baselines, prefix, from_after(prefix, after, keys::agent), [&](auto key, auto value) {
      auto agent = database::load_stored<wire::Agent>(column::baselines, key, value);
      if (agent)
        return visit_agent(*agent);
      damage = agent.error();
      return database::scan::stop;
    });
  return failure ? failure : damage;
}

caf::error
baseline_store::visit_regressed(const std::optional<stored_agent>& after,
                                const std::function<database::scan(const stored_agent&)>& visit_agent) const {
  auto prefix = keys::regressed_agents();
  return visit_marks(db_, prefix, from_after(prefix, after, keys::regressed_agent), visit_agent);
}

caf::error baseline_store::visit_from_folder(const std::function<void(const stored_agent&)>& visit_agent) const {
  auto prefix = keys::folder_agents();
  return visit_marks(db_, prefix, prefix, [&](const stored_agent& who) {
    visit_agent(who);
    return database::scan::next;
  });
}

caf::expected<std::vector<baseline_store::change>>
baseline_store::changes(uint64_t from_period, const std::optional<change>& after, size_t limit) const {
  std::vector<change> out;
  auto from = after ? keys::agent_change(after->period, after->who.prompt, after->who.flow) + '\0'
                    : keys::agent_changes_from(from_period);
  auto failure = db_.visit(column::baselines, keys::agent_changes(), from, [&](auto key, auto) {
    if (out.size() == limit)
      return database::scan::stop;
    auto parts = keys::parts_of_agent_change(key);
    out.push_back({parts.period, {std::string{parts.prompt}, std::string{parts.flow}}});
    return database::scan::next;
  });
  if (failure)
    return failure;
  return out;
}

caf::expected<std::vector<stored_agent>> baseline_store::active(const std::optional<stored_agent>& after,
                                                                size_t limit) const {
  std::vector<stored_agent> out;
  auto prefix = keys::active_agents();
  auto failure = visit_marks(db_, prefix, from_after(prefix, after, keys::active_agent), [&](const stored_agent& who) {
    if (out.size() == limit)
      return database::scan::stop;
    out.push_back(who);
    return database::scan::next;
  });
  if (failure)
    return failure;
  return out;
}

caf::expected<std::optional<msg<wire::Baseline>>> baseline_store::baseline(const stored_agent& who,
                                                                           uint32_t version) const {
  return db_.get_msg<wire::Baseline>(column::baselines, keys::baseline(who.prompt, who.flow, version));
}

caf::expected<std::vector<msg<wire::BaselineSummary>>> baseline_store::summaries(const stored_agent& who,
                                                                                 uint32_t after, size_t limit) const {
  std::vector<msg<wire::BaselineSummary>> out;
  caf::error damage;
  auto prefix = keys::baseline_summaries_of(who.prompt, who.flow);
  auto from = keys::baseline_summary(who.prompt, who.flow, after) + '\0';
  auto failure = db_.visit(column::baselines, prefix, from, [&](auto key, auto value) {
    if (out.size() == limit)
      return database::scan::stop;
    auto summary = database::load_stored<wire::BaselineSummary>(column::baselines, key, value);
    if (!summary) {
      damage = summary.error();
      return database::scan::stop;
    }
    out.push_back(std::move(*summary));
    return database::scan::next;
  });
  if (failure || damage)
    return failure ? failure : damage;
  return out;
}

caf::error baseline_store::visit_summaries_back(
  const stored_agent& who,
  const std::function<database::scan(const msg<wire::BaselineSummary>&)>& visit_summary) const {
  caf::error damage;
  auto prefix = keys::baseline_summaries_of(who.prompt, who.flow);
  auto end = keys::after_prefix(prefix).value_or(std::string{});
  auto failure = db_.visit_back(column::baselines, prefix, end, [&](auto key, auto value) {
    auto summary = database::load_stored<wire::BaselineSummary>(column::baselines, key, value);
    if (summary)
      return visit_summary(*summary);
    damage = summary.error();
    return database::scan::stop;
  });
  return failure ? failure : damage;
}

caf::expected<std::optional<msg<wire::AgentRecipe>>> baseline_store::recipe(const stored_agent& who) const {
  return db_.get_msg<wire::AgentRecipe>(column::inputs, keys::agent_recipe(who.prompt, who.flow));
}

caf::error baseline_store::visit_spans(const stored_agent& who,
                                       const std::function<void(const msg<wire::ExecutionSpan>&)>& visit_span) const {
  caf::error damage;
  auto prefix = keys::agent_spans_of(who.prompt, who.flow);
  auto failure = db_.visit(column::inputs, prefix, prefix, [&](auto key, auto value) {
    auto span = database::load_stored<wire::ExecutionSpan>(column::inputs, key, value);
    if (!span) {
      damage = span.error();
      return database::scan::stop;
    }
    visit_span(*span);
    return database::scan::next;
  });
  return failure ? failure : damage;
}

void baseline_store::put_agent(write_set& writes, const std::optional<msg<wire::Agent>>& before,
                               const msg<wire::Agent>& after) {
  auto who = name_of(*after);
  writes.put(column::baselines, keys::agent(who.prompt, who.flow), after.bytes());
  if (!before)
    writes.add_to_counter(keys::known_agents(), 1);
  auto period = change_period(after->getChangedAt());
  auto period_before = before ? std::optional{change_period((*before)->getChangedAt())} : std::nullopt;
  if (period_before != period) {
    if (period_before)
      writes.erase(column::baselines, keys::agent_change(*period_before, who.prompt, who.flow));
    writes.put(column::baselines, keys::agent_change(period, who.prompt, who.flow), {});
  }
  auto mark = [&](std::string key, bool was, bool is) {
    if (is && !was)
      writes.put(column::baselines, std::move(key), {});
    else if (was && !is)
      writes.erase(column::baselines, std::move(key));
  };
  auto is_regressed = [](wire::Agent::Reader agent) { return agent.getState() == wire::AgentState::REGRESSED; };
  mark(keys::active_agent(who.prompt, who.flow), before && (*before)->getActive(), after->getActive());
  mark(keys::regressed_agent(who.prompt, who.flow), before && is_regressed(**before), is_regressed(*after));
}

void baseline_store::put_baseline(write_set& writes, const stored_agent& who, const msg<wire::Baseline>& baseline) {
  auto version = baseline->getVersion();
  writes.put(column::baselines, keys::baseline(who.prompt, who.flow, version), baseline.bytes());
  writes.put(column::baselines, keys::baseline_summary(who.prompt, who.flow, version), summarise(*baseline).bytes());
}

void baseline_store::put_recipe(write_set& writes, const stored_agent& who, const msg<wire::AgentRecipe>& recipe) {
  writes.put(column::inputs, keys::agent_recipe(who.prompt, who.flow), recipe.bytes());
  auto mark = keys::folder_agent(who.prompt, who.flow);
  if (recipe->getSource() == wire::RecipeSource::FOLDER && !recipe->getRetired())
    writes.put(column::baselines, std::move(mark), {});
  else
    writes.erase(column::baselines, std::move(mark));
}

void baseline_store::put_span(write_set& writes, const stored_agent& who, const msg<wire::ExecutionSpan>& span) {
  writes.put(column::inputs, keys::agent_span(who.prompt, who.flow, span->getSequence()), span.bytes());
}

void baseline_store::erase_span(write_set& writes, const stored_agent& who, uint64_t sequence) {
  writes.erase(column::inputs, keys::agent_span(who.prompt, who.flow, sequence));
}

void baseline_store::erase_spans(write_set& writes, const stored_agent& who) {
  auto prefix = keys::agent_spans_of(who.prompt, who.flow);
  if (auto end = keys::after_prefix(prefix))
    writes.erase_range(column::inputs, prefix, *end);
}

} // namespace hive
