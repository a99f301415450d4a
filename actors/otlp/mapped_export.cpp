#include "actors/otlp/mapped_export.hpp"

#include "actors/otlp/attributes.hpp"
#include "actors/otlp/bounds.hpp"
#include "messages/ids.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

namespace hive::otlp {
namespace {

constexpr std::string_view run_operation = "invoke_agent";
constexpr std::string_view tool_operation = "execute_tool";
constexpr std::string_view inference_operations[] = {"chat", "generate_content", "text_completion", "embeddings"};

constexpr size_t trace_id_digits = 32;
constexpr size_t span_id_digits = 16;
constexpr size_t max_name_bytes = 128;    ///< of tools, models and task types, as in the schemas
constexpr size_t max_session_bytes = 256; ///< likewise
constexpr size_t max_tools = 1'000;       ///< of a run, likewise
constexpr double max_duration_s = 604'800;
constexpr double max_tokens = 1e12;
constexpr double ns_per_s = 1e9;
constexpr uint64_t ns_per_us = 1'000;

enum class kind { other, run, inference, tool };

struct agent_key {
  std::string prompt;
  std::string flow;
  auto operator<=>(const agent_key&) const = default;
};

/// A span on its way to its records.
struct entry {
  const span* from = nullptr;
  kind what = kind::other;
  agent_key agent{};
  bool is_usable = false; ///< becomes records
  bool is_part = false;   ///< of the run above it
  // Of a run: what lies below it.
  uint32_t steps = 0;
  double tokens = std::numeric_limits<double>::quiet_NaN();
  std::string model{};
  std::vector<const span*> tools{};
};

std::string_view value_of(const span& of, std::string_view name) {
  auto found = of.attributes.find(name);
  return found == of.attributes.end() ? std::string_view{} : std::string_view{found->second};
}

std::string name_of(std::string_view text, size_t most = max_name_bytes) {
  return std::string{cut_text(text, most)};
}

kind kind_of(const span& of) {
  auto operation = value_of(of, attribute::operation);
  if (operation == run_operation)
    return kind::run;
  if (operation == tool_operation)
    return kind::tool;
  return std::ranges::find(inference_operations, operation) != std::end(inference_operations) ? kind::inference
                                                                                              : kind::other;
}

bool is_id(std::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == text.npos &&
         text.find_first_not_of('0') != text.npos;
}

std::string id_of(const span& of) {
  return of.trace_id + of.span_id;
}

/// NaN when the span says nothing of it that can be counted.
double count_of(const span& of, std::string_view name) {
  auto text = value_of(of, name);
  double out = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  bool is_count =
    !text.empty() && error == std::errc{} && end == text.data() + text.size() && out >= 0 && out <= max_tokens;
  return is_count ? out : std::numeric_limits<double>::quiet_NaN();
}

/// Of two numbers that may be unknown.
double sum_of(double a, double b) {
  return std::isnan(a) ? b : std::isnan(b) ? a : a + b;
}

double tokens_of(const span& of) {
  return sum_of(count_of(of, attribute::input_tokens), count_of(of, attribute::output_tokens));
}

std::string model_of(const span& of) {
  auto requested = value_of(of, attribute::request_model);
  return name_of(requested.empty() ? value_of(of, attribute::response_model) : requested);
}

double duration_of(const span& of) {
  return static_cast<double>(of.end_ns - of.start_ns) / ns_per_s;
}

int64_t micros_of(uint64_t ns) {
  return static_cast<int64_t>(ns / ns_per_us);
}

bool has_failed(const span& of) {
  return of.is_error || !value_of(of, attribute::error_type).empty();
}

wire::RunOutcome outcome_of(const span& of) {
  if (!has_failed(of))
    return wire::RunOutcome::SUCCESS;
  std::string type{value_of(of, attribute::error_type)};
  std::ranges::transform(type, type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return type.find("timeout") == type.npos ? wire::RunOutcome::FAILURE : wire::RunOutcome::TIMEOUT;
}

/// Flows as actors/baseline/agent_key.hpp has them.
bool is_flow(std::string_view text) {
  return is_valid_id(text) && text.find_first_of("._") == text.npos;
}

class mapper {
public:
  mapped_export map(const trace_export& from) {
    for (const auto& resource : from.resources)
      for (const auto& each : resource.spans)
        add(resource, each);
    for (auto& each : entries_)
      if (each.is_usable)
        join(each);
    std::map<agent_key, std::vector<const entry*>> by_agent;
    std::vector<const entry*> tasks;
    for (const auto& each : entries_) {
      if (!each.is_usable)
        continue;
      if (each.what == kind::run || (each.what == kind::inference && !each.is_part))
        by_agent[each.agent].push_back(&each);
      if (each.what == kind::tool || !value_of(*each.from, attribute::task_type).empty())
        tasks.push_back(&each);
    }
    for (auto& [agent, runs] : by_agent)
      out_.agents.push_back(records_of(agent, runs));
    out_.tasks = tasks_of(tasks);
    return std::move(out_);
  }

private:
  // -- which spans become records ---------------------------------------------------------------------------------

  void add(const resource_spans& resource, const span& each) {
    entry added{.from = &each, .what = kind_of(each)};
    bool has_ids = is_id(each.trace_id, trace_id_digits) && is_id(each.span_id, span_id_digits);
    if (added.what != kind::other) {
      auto why = has_ids ? refuse(resource, added) : std::string{"its trace_id or span_id is not valid"};
      if (!why.empty())
        reject(each, why);
      added.is_usable = why.empty();
    }
    if (!has_ids || !places_.try_emplace(id_of(each), entries_.size()).second)
      return; // no span can be below it; or it is there twice
    used_ += added.is_usable;
    entries_.push_back(std::move(added));
  }

  /// Sets the span's agent. Why it cannot be used; empty when it can.
  std::string refuse(const resource_spans& resource, entry& of) {
    const auto& from = *of.from;
    auto id = value_of(from, attribute::agent_id), name = value_of(from, attribute::agent_name);
    std::string_view agent = !id.empty() ? id : !name.empty() ? name : std::string_view{resource.service_name};
    auto flow = value_of(from, attribute::flow_id);
    of.agent = {agent_id_of(agent), flow.empty() ? "0" : std::string{flow}};
    if (of.agent.prompt.empty())
      return agent.empty() ? "neither gen_ai.agent.id, gen_ai.agent.name nor service.name names its agent"
                           : "nothing of its agent's name can be in an id";
    if (!is_flow(of.agent.flow))
      return "hivemark.flow_id must have 64 letters, digits and '-' at most";
    if (from.end_ns < from.start_ns || from.start_ns == 0 || duration_of(from) > max_duration_s)
      return "it ends before it starts, or takes more than a week";
    if (of.what == kind::tool && value_of(from, attribute::tool_name).empty())
      return "gen_ai.tool.name is missing";
    if (used_ == defaults::max_export_records)
      return "the export has more than " + std::to_string(defaults::max_export_records) + " spans of agents";
    agents_.insert_or_assign(of.agent, true);
    if (agents_.size() > defaults::max_export_agents) {
      agents_.erase(of.agent);
      return "the export has more than " + std::to_string(defaults::max_export_agents) + " agents";
    }
    return {};
  }

  void reject(const span& which, const std::string& why) {
    if (out_.rejected++ == 0)
      out_.reason = "span " + printable(cut_text(which.span_id, span_id_digits)) + ": " + why;
  }

  // -- what belongs to which run ------------------------------------------------------------------------------------

  void join(entry& part) {
    if (part.what != kind::inference && part.what != kind::tool)
      return;
    auto* run = run_above(*part.from);
    if (!run)
      return;
    part.is_part = true;
    part.agent = run->agent;
    if (part.what == kind::tool) {
      if (run->tools.size() < max_tools)
        run->tools.push_back(part.from);
      return;
    }
    ++run->steps;
    run->tokens = sum_of(run->tokens, tokens_of(*part.from));
    if (run->model.empty())
      run->model = model_of(*part.from);
  }

  /// The nearest run that encloses the span in this export; null for none.
  entry* run_above(const span& below) {
    const auto* at = &below;
    for (size_t depth = 0; depth < defaults::max_span_depth && !at->parent_id.empty(); ++depth) {
      auto found = places_.find(at->trace_id + at->parent_id);
      if (found == places_.end())
        return nullptr;
      auto& parent = entries_[found->second];
      if (parent.what == kind::run && parent.is_usable)
        return &parent;
      at = parent.from;
    }
    return nullptr;
  }

  // -- records ------------------------------------------------------------------------------------------------------

  static agent_records records_of(const agent_key& agent, std::vector<const entry*>& all) {
    std::ranges::stable_sort(all, {}, [](const entry* each) { return each->from->end_ns; });
    std::vector<const entry*> executions;
    std::ranges::copy_if(all, std::back_inserter(executions),
                         [](const entry* each) { return each->what == kind::run; });
    agent_records out{agent.prompt, agent.flow, std::nullopt, std::nullopt};
    if (!executions.empty())
      out.spans = msg<wire::AddSpans>::build([&](wire::AddSpans::Builder to) {
        to.setPromptId(agent.prompt);
        to.setFlowId(agent.flow);
        auto list = to.initSpans(static_cast<uint32_t>(executions.size()));
        for (uint32_t i = 0; i < list.size(); ++i)
          fill(list[i], *executions[i]->from);
      });
    out.runs = msg<wire::AddRuns>::build([&](wire::AddRuns::Builder to) {
      to.setPromptId(agent.prompt);
      to.setFlowId(agent.flow);
      to.setIdempotencyKey(key_of(all));
      auto list = to.initRuns(static_cast<uint32_t>(all.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        fill(list[i], *all[i]);
    });
    return out;
  }

  static std::string key_of(const std::vector<const entry*>& all) {
    std::vector<std::string> ids;
    for (const auto* each : all)
      ids.push_back(id_of(*each->from));
    std::ranges::sort(ids);
    std::string joined;
    for (const auto& id : ids)
      joined += id;
    return to_hex(sha256(joined));
  }

  static void fill(wire::ExecutionSpan::Builder out, const span& from) {
    out.setSpanId(id_of(from));
    out.setStatus(has_failed(from) ? "error" : "success");
    out.setDuration(duration_of(from));
    out.setStartTime(static_cast<double>(from.start_ns) / ns_per_s);
    if (auto session = value_of(from, attribute::conversation); !session.empty())
      out.setSession(name_of(session, max_session_bytes));
  }

  static void fill(wire::AgentRun::Builder out, const entry& run) {
    const auto& from = *run.from;
    out.setActionId(std::string{value_of(from, attribute::operation)});
    out.setOutcome(outcome_of(from));
    out.setDurationS(duration_of(from));
    auto own = tokens_of(from);
    out.setTokens(std::isnan(own) ? run.tokens : own);
    out.setSteps(run.steps);
    auto model = model_of(from);
    if (model.empty())
      model = run.model;
    if (!model.empty())
      out.setModel(model);
    auto tools = run.tools;
    std::ranges::stable_sort(tools, {}, [](const span* each) { return each->start_ns; });
    if (tools.empty())
      return;
    auto list = out.initTools(static_cast<uint32_t>(tools.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, name_of(value_of(*tools[i], attribute::tool_name)));
  }

  static std::optional<msg<wire::RecordTasks>> tasks_of(std::vector<const entry*>& all) {
    if (all.empty())
      return std::nullopt;
    std::ranges::stable_sort(all, {}, [](const entry* each) { return each->from->end_ns; });
    return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
      auto list = out.initTasks(static_cast<uint32_t>(all.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        fill(list[i], *all[i]);
    });
  }

  static void fill(wire::TaskRecord::Builder out, const entry& task) {
    const auto& from = *task.from;
    auto type = value_of(from, attribute::task_type);
    out.setTaskType(name_of(type.empty() ? tool_operation : type));
    // An agent, or a model, is the tool of a task that is its own.
    auto model = model_of(from);
    bool is_model = task.what == kind::inference && !model.empty();
    out.setToolName(task.what == kind::tool ? name_of(value_of(from, attribute::tool_name))
                    : is_model              ? model
                                            : task.agent.prompt);
    if (!model.empty())
      out.setModelName(model);
    out.setUserId(task.agent.prompt);
    out.setCompletionTimeS(duration_of(from));
    out.setSuccess(!has_failed(from));
    out.setTimestamp(micros_of(from.end_ns));
    out.setIdempotencyKey(id_of(from));
  }

  std::vector<entry> entries_;
  std::unordered_map<std::string, size_t> places_; ///< of entries, by trace and span id
  std::map<agent_key, bool> agents_;
  size_t used_ = 0;
  mapped_export out_;
};

} // namespace

std::string agent_id_of(std::string_view name) {
  auto is_alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  std::string out;
  for (char c : name)
    if (is_alphanumeric(c))
      out += c;
    else if (!out.empty())
      out += c == '.' || c == '_' ? c : '-';
  // A longer name keeps apart from others that begin likewise.
  constexpr size_t max_id_bytes = 64;
  constexpr size_t hash_digits = 8;
  if (out.size() > max_id_bytes)
    out = out.substr(0, max_id_bytes - hash_digits - 1) + "-" + to_hex(sha256(name)).substr(0, hash_digits);
  return out;
}

mapped_export map_export(const trace_export& from) {
  return mapper{}.map(from);
}

} // namespace hive::otlp
