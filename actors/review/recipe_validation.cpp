#include "actors/review/recipe_validation.hpp"

#include "messages/text.hpp"

namespace hive::review {

msg<wire::ValidateAgent> validation_request(const recipe_change& recipe, double pass_rate, bool strict) {
  return msg<wire::ValidateAgent>::build([&](wire::ValidateAgent::Builder out) {
    out.setPromptId(recipe.agent.prompt_id);
    out.setFlowId(recipe.agent.flow_id);
    out.setPolicy(strict ? wire::ValidationPolicy::STRICT : wire::ValidationPolicy::THRESHOLD);
    out.setRecipe(recipe.recipe);
    auto tests = out.initBenchmarkMetrics(1)[0];
    tests.setAdapter("regression");
    auto figure = tests.initFigures(1)[0];
    figure.setName("test_pass_rate");
    figure.setValue(pass_rate);
  });
}

void read_validation(wire::AgentValidation::Reader answer, agent_result& out) {
  out.passed = answer.getPassed();
  out.inconclusive = answer.getInconclusive();
  out.reason = as_view(answer.getReason());
  out.baseline_version = answer.getBaselineVersion();
  for (auto regression : answer.getRegressions())
    out.regressions.emplace_back(as_view(regression.getText()));
  for (auto name : answer.getMissing())
    out.missing.emplace_back(as_view(name));
}

} // namespace hive::review
