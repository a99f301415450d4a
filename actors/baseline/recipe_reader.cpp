#include "actors/baseline/recipe_reader.hpp"

#include "actors/defaults.hpp"
#include "analysis/rounding.hpp"
#include "messages/json_text.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <capnp/compat/json.h>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace hive {
namespace {

using capnp::JsonValue;

std::string_view view(capnp::Text::Reader text) {
  return as_view(text);
}

/// The member with this name, the last one if there are several; null when there is none.
std::optional<JsonValue::Reader> member(json_members members, std::string_view name) {
  std::optional<JsonValue::Reader> out;
  for (auto each : members)
    if (view(each.getName()) == name)
      out = each.getValue();
  return out;
}

/// A number as an id's text: without a fraction when it is an integer.
std::string number_text(double value) {
  if (std::trunc(value) == value && std::abs(value) < 1e15)
    return std::to_string(static_cast<int64_t>(value));
  return kj::str(value).cStr();
}

// -- structure hash ---------------------------------------------------------------

/// Writes a value with sorted members, so that equal structures have equal text.
void write_canonical(JsonValue::Reader value, std::string& out, size_t depth);

void write_members(json_members members, std::string& out, size_t depth) {
  std::vector<std::pair<std::string_view, JsonValue::Reader>> sorted;
  for (auto each : members) {
    auto name = view(each.getName());
    bool is_experience = (depth == 0 && name == "experience_meta") || (depth == 2 && name == "experience");
    if (!is_experience)
      sorted.emplace_back(name, each.getValue());
  }
  std::ranges::stable_sort(sorted, {}, [](const auto& entry) { return entry.first; });
  out += '{';
  for (const auto& [name, value] : sorted) {
    out += std::to_string(name.size()) + ":";
    out += name;
    write_canonical(value, out, depth + 1);
  }
  out += '}';
}

void write_canonical(JsonValue::Reader value, std::string& out, size_t depth) {
  switch (value.which()) {
  case JsonValue::BOOLEAN:
    out += value.getBoolean() ? 't' : 'f';
    return;
  case JsonValue::NUMBER:
    out += '#' + std::string{kj::str(value.getNumber()).cStr()} + ';';
    return;
  case JsonValue::STRING: {
    auto text = view(value.getString());
    out += '"' + std::to_string(text.size()) + ':';
    out += text;
    return;
  }
  case JsonValue::ARRAY:
    out += '[';
    for (auto element : value.getArray())
      write_canonical(element, out, depth + 1);
    out += ']';
    return;
  case JsonValue::OBJECT:
    return write_members(value.getObject(), out, depth);
  default:
    out += 'n';
  }
}

std::string structure_hash(json_members recipe) {
  std::string canonical;
  write_members(recipe, canonical, 0);
  return to_hex(sha256(canonical));
}

// -- experience --------------------------------------------------------------------

/// Gathers what was unusable.
class warnings {
public:
  void add(std::string text) {
    if (texts_.size() < defaults::max_recipe_warnings)
      texts_.push_back(std::move(text));
  }

  const std::vector<std::string>& texts() const {
    return texts_;
  }

private:
  std::vector<std::string> texts_;
};

/// One object of a recipe, and where it is for warnings.
struct recipe_object {
  json_members members;
  std::string place;
  warnings& notes;

  double number(const char* name, double fallback, double most) const {
    auto value = member(members, name);
    if (!value)
      return fallback;
    if (value->isNumber() && value->getNumber() >= 0 && value->getNumber() <= most)
      return value->getNumber();
    notes.add(place + "/" + name + " is no number from 0 to " + number_text(most) + ": " + number_text(fallback) +
              " is assumed");
    return fallback;
  }

  uint32_t length_of(const char* name) const {
    auto value = member(members, name);
    if (value && value->isArray())
      return value->getArray().size();
    if (value)
      notes.add(place + "/" + name + " is no array: it counts as empty");
    return 0;
  }

  json_members object(const char* name) const {
    auto value = member(members, name);
    if (value && value->isObject())
      return value->getObject();
    if (value)
      notes.add(place + "/" + name + " is no object: it counts as empty");
    return {};
  }
};

constexpr double max_seconds = 604'800'000; // far beyond any duration; keeps sums finite
constexpr double max_count = 1e15;

std::string action_id(const recipe_object& action) {
  auto value = member(action.members, "action_id");
  if (!value)
    return "0"; // HART OS's default
  if (value->isNumber() && std::isfinite(value->getNumber()))
    return number_text(value->getNumber());
  if (value->isString() && value->getString().size() > 0) {
    auto text = cut_text(view(value->getString()), defaults::max_action_id_bytes);
    return std::string{text};
  }
  action.notes.add(action.place + "/action_id is neither text nor a number: 0 is assumed");
  return "0";
}

/// The figures of one action, before they are a message: later actions can replace earlier ones.
struct action_figures {
  std::string id;
  double duration = 0;
  double success_rate = 1;
  double runs = 0;
  std::vector<std::pair<std::string, double>> tools;
  uint32_t dead_ends = 0;
  uint32_t fallbacks = 0;
};

action_figures read_action(const recipe_object& action) {
  action_figures out;
  out.id = action_id(action);
  recipe_object experience{action.object("experience"), action.place + "/experience", action.notes};
  out.duration = experience.number("avg_duration_seconds", 0, max_seconds);
  out.success_rate = experience.number("success_rate", 1, 1);
  out.runs = experience.number("run_count", 0, max_count);
  for (auto tool : experience.object("tool_stats")) {
    auto name = std::string{cut_text(view(tool.getName()), defaults::max_tool_name_bytes)};
    auto count = tool.getValue();
    if (out.tools.size() == defaults::max_tools_per_action || name.empty() || !count.isNumber() ||
        !(count.getNumber() >= 0 && count.getNumber() <= max_count))
      action.notes.add(experience.place + "/tool_stats/" + name + " is no count, or one too many: it is left out");
    else
      out.tools.emplace_back(std::move(name), count.getNumber());
  }
  out.dead_ends = experience.length_of("dead_ends");
  out.fallbacks = experience.length_of("effective_fallbacks");
  return out;
}

struct recipe_figures {
  std::vector<action_figures> actions; ///< each id once, where it came first
  uint32_t action_count = 0;
  double duration = 0;
};

void add_action(recipe_figures& to, action_figures action) {
  ++to.action_count;
  to.duration += action.duration;
  auto same = std::ranges::find(to.actions, action.id, &action_figures::id);
  if (same == to.actions.end())
    to.actions.push_back(std::move(action));
  else
    *same = std::move(action);
}

caf::expected<recipe_figures> read_actions(json_members recipe, warnings& notes) {
  recipe_figures out;
  auto actions = member(recipe, "actions");
  if (!actions || !actions->isArray()) {
    notes.add("/actions is no array: the recipe counts as one without actions");
    return out;
  }
  auto list = actions->getArray();
  if (list.size() > defaults::max_recipe_actions)
    return fail(ec::too_large, "/actions holds " + std::to_string(list.size()) + " actions, at most " +
                                 std::to_string(defaults::max_recipe_actions) + " are allowed");
  for (uint32_t i = 0; i < list.size(); ++i) {
    auto place = "/actions/" + std::to_string(i);
    if (list[i].isObject())
      add_action(out, read_action({list[i].getObject(), place, notes}));
    else
      notes.add(place + " is no object: it is left out");
  }
  return out;
}

void fill_action(wire::ActionMetrics::Builder out, const action_figures& action) {
  out.setId(action.id);
  out.setAvgDurationSeconds(action.duration);
  out.setSuccessRate(action.success_rate);
  out.setRunCount(action.runs);
  auto tools = out.initToolStats(static_cast<uint32_t>(action.tools.size()));
  for (uint32_t i = 0; i < tools.size(); ++i) {
    tools[i].setName(action.tools[i].first);
    tools[i].setCount(action.tools[i].second);
  }
  out.setDeadEndsCount(action.dead_ends);
  out.setEffectiveFallbacksCount(action.fallbacks);
}

void fill_metrics(wire::RecipeMetrics::Builder out, const recipe_figures& figures, const recipe_object& meta) {
  out.setActionCount(figures.action_count);
  out.setTotalExpectedDurationSeconds(analysis::round_decimals(figures.duration, 2));
  out.setTotalRuns(meta.number("total_runs", 0, max_count));
  if (auto bottleneck = member(meta.members, "bottleneck_action_id"); bottleneck && bottleneck->isNumber())
    out.setBottleneckActionId(bottleneck->getNumber());
  auto count = static_cast<uint32_t>(figures.actions.size());
  auto actions = out.initPerAction(count);
  auto rates = out.initSuccessRates(count);
  uint32_t dead_ends = 0;
  uint32_t fallbacks = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const auto& action = figures.actions[i];
    fill_action(actions[i], action);
    rates[i].setName("action_" + action.id);
    rates[i].setRate(action.success_rate);
    dead_ends += action.dead_ends;
    fallbacks += action.fallbacks;
  }
  out.setDeadEnds(dead_ends);
  out.setEffectiveFallbacks(fallbacks);
}

} // namespace

caf::expected<msg<wire::AgentRecipe>> read_recipe(std::string_view json, int64_t now_unix_micros,
                                                  wire::RecipeSource source) {
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(json, scratch);
  if (!members)
    return members.error();
  warnings notes;
  auto figures = read_actions(*members, notes);
  if (!figures)
    return figures.error();
  recipe_object recipe{*members, "", notes};
  recipe_object meta{recipe.object("experience_meta"), "/experience_meta", notes};
  return msg<wire::AgentRecipe>::build([&](wire::AgentRecipe::Builder out) {
    fill_metrics(out.initMetrics(), *figures, meta);
    out.setStructureHash(structure_hash(*members));
    out.setReceivedAt(now_unix_micros);
    out.setSource(source);
    out.setContentHash(to_hex(sha256(json)));
    auto list = out.initWarnings(static_cast<uint32_t>(notes.texts().size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, notes.texts()[i]);
  });
}

} // namespace hive
