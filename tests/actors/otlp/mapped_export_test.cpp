#include "actors/otlp/mapped_export.hpp"

#include "actors/otlp/bounds.hpp"
#include "messages/check.hpp"
#include "messages/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::otlp {
namespace {

using testing::HasSubstr;
using attributes = std::map<std::string, std::string, std::less<>>;

constexpr uint64_t second = 1'000'000'000;
constexpr uint64_t start = 1'700'000'000 * second;

std::string digits(uint64_t number, size_t count) {
  auto out = std::to_string(number);
  return std::string(count - out.size(), '0') + out;
}

/// Span `id` of trace 1, `seconds` long; below span `parent`, unless that is 0.
span make_span(uint64_t id, uint64_t parent, attributes with, uint64_t seconds = 2) {
  return {.trace_id = digits(1, 32),
          .span_id = digits(id, 16),
          .parent_id = parent == 0 ? "" : digits(parent, 16),
          .start_ns = start + id,
          .end_ns = start + id + seconds * second,
          .attributes = std::move(with)};
}

span run_span(uint64_t id, uint64_t parent = 0, attributes more = {}) {
  more.emplace("gen_ai.operation.name", "invoke_agent");
  more.emplace("gen_ai.agent.name", "coder");
  return make_span(id, parent, std::move(more));
}

span chat_span(uint64_t id, uint64_t parent, int tokens) {
  return make_span(id, parent,
                   {{"gen_ai.operation.name", "chat"},
                    {"gen_ai.request.model", "model-x"},
                    {"gen_ai.usage.input_tokens", std::to_string(tokens - 1)},
                    {"gen_ai.usage.output_tokens", "1"}});
}

span tool_span(uint64_t id, uint64_t parent, const std::string& tool, attributes more = {}) {
  more.emplace("gen_ai.operation.name", "execute_tool");
  more.emplace("gen_ai.tool.name", tool);
  return make_span(id, parent, std::move(more));
}

mapped_export map(std::vector<span> spans, const std::string& service = "shop") {
  auto out = map_export({{{service, std::move(spans)}}});
  for (const auto& agent : out.agents) { // what a route or a store would refuse
    EXPECT_FALSE(agent.runs && check(capnp::DynamicStruct::Reader{**agent.runs}));
    EXPECT_FALSE(agent.spans && check(capnp::DynamicStruct::Reader{**agent.spans}));
  }
  EXPECT_FALSE(out.tasks && check(capnp::DynamicStruct::Reader{**out.tasks}));
  return out;
}

std::string agent_of(attributes with, const std::string& service = "shop") {
  with.emplace("gen_ai.operation.name", "chat");
  auto out = map({make_span(1, 0, std::move(with))}, service);
  return out.agents.empty() ? out.reason : out.agents[0].prompt_id + "/" + out.agents[0].flow_id;
}

TEST(mapped_export, an_agent_is_named_by_its_id_else_its_name_else_the_service) {
  EXPECT_EQ(agent_of({{"gen_ai.agent.id", "asst_5"}, {"gen_ai.agent.name", "coder"}}), "asst_5/0");
  EXPECT_EQ(agent_of({{"gen_ai.agent.name", "coder"}}), "coder/0");
  EXPECT_EQ(agent_of({{"gen_ai.agent.id", ""}}), "shop/0");
  EXPECT_EQ(agent_of({{"hivemark.flow_id", "7"}}), "shop/7");
  EXPECT_EQ(agent_of({{"gen_ai.agent.name", "Math Tutor (v2)"}}), "Math-Tutor--v2-/0");
  EXPECT_THAT(agent_of({}, ""), HasSubstr("neither gen_ai.agent.id, gen_ai.agent.name nor service.name"));
  EXPECT_THAT(agent_of({{"gen_ai.agent.name", "???"}}), HasSubstr("nothing of its agent's name can be in an id"));
  EXPECT_THAT(agent_of({{"hivemark.flow_id", "a_b"}}), HasSubstr("hivemark.flow_id"));
}

TEST(mapped_export, long_names_stay_apart) {
  auto one = agent_id_of(std::string(100, 'x') + "1"), other = agent_id_of(std::string(100, 'x') + "2");
  EXPECT_EQ(one.size(), 64u);
  EXPECT_NE(one, other);
  EXPECT_EQ(agent_id_of(std::string(64, 'x')), std::string(64, 'x'));
  EXPECT_EQ(agent_id_of("unknown_service:node"), "unknown_service-node");
  EXPECT_EQ(agent_id_of("--.é"), "");
}

TEST(mapped_export, a_run_has_the_steps_tokens_and_tools_below_it) {
  // Children end first, and one is below a span that is no concern of ours.
  auto out = map({chat_span(3, 2, 10), tool_span(5, 1, "grep"), tool_span(4, 2, "sed"), chat_span(6, 1, 20),
                  make_span(2, 1, {{"http.method", "GET"}}), run_span(1)});
  ASSERT_EQ(out.agents.size(), 1u);
  EXPECT_EQ(out.agents[0].prompt_id, "coder");
  auto runs = (*out.agents[0].runs)->getRuns();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_STREQ(runs[0].getActionId().cStr(), "invoke_agent");
  EXPECT_EQ(runs[0].getOutcome(), wire::RunOutcome::SUCCESS);
  EXPECT_EQ(runs[0].getDurationS(), 2);
  EXPECT_EQ(runs[0].getTokens(), 30);
  EXPECT_EQ(runs[0].getSteps(), 2u);
  EXPECT_STREQ(runs[0].getModel().cStr(), "model-x");
  ASSERT_EQ(runs[0].getTools().size(), 2u);
  EXPECT_STREQ(runs[0].getTools()[0].cStr(), "sed") << "in the order of their starts";
  auto spans = (*out.agents[0].spans)->getSpans();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].getSpanId().size(), 48u);
  EXPECT_STREQ(spans[0].getStatus().cStr(), "success");
  auto tasks = (*out.tasks)->getTasks();
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_STREQ(tasks[0].getToolName().cStr(), "sed");
  EXPECT_STREQ(tasks[0].getTaskType().cStr(), "execute_tool");
  EXPECT_STREQ(tasks[0].getUserId().cStr(), "coder");
  EXPECT_EQ(out.rejected, 0u);
}

TEST(mapped_export, a_run_states_its_own_tokens_before_those_below_it) {
  auto out = map({run_span(1, 0, {{"gen_ai.usage.input_tokens", "5"}}), chat_span(2, 1, 10)});
  EXPECT_EQ((*out.agents[0].runs)->getRuns()[0].getTokens(), 5);
  for (auto* wrong : {"-1", "many", "1e300", "nan", ""})
    EXPECT_TRUE(std::isnan(
      (*map({run_span(1, 0, {{"gen_ai.usage.input_tokens", wrong}})}).agents[0].runs)->getRuns()[0].getTokens()))
      << wrong;
}

TEST(mapped_export, runs_within_runs_have_what_is_nearest_to_them) {
  auto out =
    map({run_span(1), run_span(2, 1, {{"gen_ai.agent.id", "helper"}}), chat_span(3, 2, 10), chat_span(4, 1, 7)});
  ASSERT_EQ(out.agents.size(), 2u);
  EXPECT_EQ(out.agents[0].prompt_id, "coder");
  EXPECT_EQ((*out.agents[0].runs)->getRuns()[0].getTokens(), 7);
  EXPECT_EQ(out.agents[1].prompt_id, "helper");
  EXPECT_EQ((*out.agents[1].runs)->getRuns()[0].getTokens(), 10);
}

TEST(mapped_export, inference_without_a_run_above_is_a_run_of_the_service) {
  auto out = map({chat_span(2, 99, 10)});
  ASSERT_EQ(out.agents.size(), 1u);
  EXPECT_EQ(out.agents[0].prompt_id, "shop");
  EXPECT_FALSE(out.agents[0].spans.has_value());
  EXPECT_STREQ((*out.agents[0].runs)->getRuns()[0].getActionId().cStr(), "chat");
  EXPECT_EQ((*out.agents[0].runs)->getRuns()[0].getTokens(), 10);
  EXPECT_FALSE(out.tasks.has_value());
}

TEST(mapped_export, failures_and_timeouts_are_told_apart) {
  auto failed = run_span(1);
  failed.is_error = true;
  auto out = map({failed, run_span(2, 0, {{"error.type", "ReadTimeoutError"}}), run_span(3, 0, {{"error.type", "500"}}),
                  tool_span(4, 0, "grep", {{"error.type", "x"}})});
  auto runs = (*out.agents[0].runs)->getRuns();
  EXPECT_EQ(runs[0].getOutcome(), wire::RunOutcome::FAILURE);
  EXPECT_EQ(runs[1].getOutcome(), wire::RunOutcome::TIMEOUT);
  EXPECT_EQ(runs[2].getOutcome(), wire::RunOutcome::FAILURE);
  EXPECT_STREQ((*out.agents[0].spans)->getSpans()[1].getStatus().cStr(), "error");
  EXPECT_FALSE((*out.tasks)->getTasks()[0].getSuccess());
}

TEST(mapped_export, a_task_type_makes_a_task_record_with_the_agent_as_tool) {
  auto out = map(
    {run_span(1, 0, {{"hivemark.task_type", "bug_fix"}}), tool_span(2, 1, "grep", {{"hivemark.task_type", "search"}})});
  auto tasks = (*out.tasks)->getTasks();
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_STREQ(tasks[0].getTaskType().cStr(), "bug_fix");
  EXPECT_STREQ(tasks[0].getToolName().cStr(), "coder");
  EXPECT_STREQ(tasks[1].getTaskType().cStr(), "search");
  EXPECT_STREQ(tasks[1].getToolName().cStr(), "grep");
}

TEST(mapped_export, the_same_spans_have_the_same_keys_in_any_order) {
  auto key = [](std::vector<span> spans) {
    return std::string{(*map(std::move(spans)).agents[0].runs)->getIdempotencyKey().cStr()};
  };
  auto one = key({run_span(1), run_span(2)});
  EXPECT_EQ(one.size(), 64u);
  EXPECT_EQ(one, key({run_span(2), run_span(1)}));
  EXPECT_EQ(one, key({run_span(1), run_span(2), run_span(1)})) << "a span that is there twice counts once";
  EXPECT_NE(one, key({run_span(1)}));
  EXPECT_NE(one, key({run_span(1), run_span(3)}));
}

TEST(mapped_export, spans_that_cannot_be_used_are_rejected_and_the_others_taken) {
  auto no_ids = run_span(1);
  no_ids.span_id = "xyz";
  auto no_trace = run_span(2);
  no_trace.trace_id = std::string(32, '0');
  auto backwards = run_span(3);
  backwards.end_ns = backwards.start_ns - 1;
  auto timeless = run_span(4);
  timeless.start_ns = timeless.end_ns = 0;
  auto endless = run_span(5);
  endless.end_ns += 604'801 * second;
  auto toolless = tool_span(6, 0, "");
  auto out = map({no_ids, no_trace, backwards, timeless, endless, toolless, run_span(7)});
  EXPECT_EQ(out.rejected, 6u);
  EXPECT_THAT(out.reason, HasSubstr("span xyz: its trace_id or span_id is not valid"));
  EXPECT_EQ((*out.agents[0].runs)->getRuns().size(), 1u);
}

TEST(mapped_export, other_spans_are_no_concern_and_not_rejected) {
  auto out = map({make_span(1, 0, {{"http.method", "GET"}}),
                  make_span(2, 0, {{"gen_ai.operation.name", "create_agent"}}), make_span(3, 3, {})});
  EXPECT_EQ(out.rejected, 0u);
  EXPECT_TRUE(out.agents.empty());
  EXPECT_FALSE(out.tasks.has_value());
}

TEST(mapped_export, spans_above_each_other_in_a_circle_end) {
  auto out = map({chat_span(1, 2, 5), make_span(2, 3, {}), make_span(3, 2, {}), chat_span(4, 4, 5)});
  EXPECT_EQ((*out.agents[0].runs)->getRuns().size(), 2u);
}

TEST(mapped_export, a_deep_trace_is_searched_up_to_its_bound) {
  std::vector<span> spans{run_span(1)};
  for (uint64_t id = 2; id < 20'000; ++id)
    spans.push_back(make_span(id, id - 1, {}));
  spans.push_back(chat_span(20'000, 100, 5));
  spans.push_back(chat_span(20'001, 19'999, 5));
  auto out = map(std::move(spans));
  ASSERT_EQ(out.agents.size(), 2u);
  EXPECT_EQ((*out.agents[0].runs)->getRuns()[0].getSteps(), 1u);
  EXPECT_EQ(out.agents[1].prompt_id, "shop");
}

TEST(mapped_export, an_export_has_bounds) {
  std::vector<span> spans;
  for (uint64_t id = 1; id <= defaults::max_export_records + 5; ++id)
    spans.push_back(run_span(id));
  auto many = map(std::move(spans));
  EXPECT_EQ(many.rejected, 5u);
  EXPECT_THAT(many.reason, HasSubstr("more than 10000 spans"));
  spans.clear();
  for (uint64_t id = 1; id <= defaults::max_export_agents + 3; ++id)
    spans.push_back(
      make_span(id, 0, {{"gen_ai.operation.name", "chat"}, {"gen_ai.agent.id", "a" + std::to_string(id)}}));
  auto agents = map(std::move(spans));
  EXPECT_EQ(agents.agents.size(), defaults::max_export_agents);
  EXPECT_EQ(agents.rejected, 3u);
}

} // namespace
} // namespace hive::otlp
