#include "storage/hartos/hartos_baseline.hpp"

#include "messages/json.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "storage/hartos/json_object.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hive {
namespace {

using capnp::JsonValue;

/// A metric that HART OS calls otherwise.
struct metric_alias {
  std::string_view adapter, ours, theirs;
};
constexpr std::array aliases = {
  metric_alias{"regression", "test_pass_rate", "pass_rate"},
  metric_alias{"regression", "test_fail_count", "fail_count"},
  metric_alias{"guardrail", "guardrail_integrity", "integrity_verified"},
  metric_alias{"guardrail", "guardrail_integrity", "hash_match"},
};

std::string raw(JsonValue::Reader value) {
  return capnp::JsonCodec{}.encodeRaw(value).cStr();
}

bool is_in(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// -- reading ----------------------------------------------------------------------

/// Whether this is HART OS's name of a metric that is there under the node's as well.
bool is_doubled(json_members metrics, std::string_view adapter, std::string_view name) {
  return std::ranges::any_of(aliases, [&](const metric_alias& alias) {
    return alias.adapter == adapter && alias.theirs == name && find_member(metrics, alias.ours);
  });
}

std::string read_figures(json_members adapters, std::vector<std::string>& notes) {
  object_text out;
  for (auto member : adapters) {
    std::string_view adapter = as_view(member.getName());
    auto place = "/benchmark_metrics/" + std::string{adapter};
    if (!member.getValue().isObject()) {
      notes.push_back(place + " holds no metrics");
      continue;
    }
    auto metrics = member.getValue().getObject();
    object_text figures;
    for (auto metric : metrics) {
      auto value = to_number(metric.getValue());
      if (!value || !std::isfinite(*value))
        notes.push_back(place + "/" + metric.getName().cStr() + " is no number");
      else if (!is_doubled(metrics, adapter, as_view(metric.getName())))
        figures.add(as_view(metric.getName()), number_text(*value));
    }
    out.add(adapter, figures.str());
  }
  return out.str();
}

/// HART OS writes an empty object for a section without figures.
bool is_nothing(JsonValue::Reader value) {
  return value.isNull() || (value.isObject() && value.getObject().size() == 0);
}

// -- writing ----------------------------------------------------------------------

std::string write_figures(json_members adapters) {
  object_text out;
  for (auto member : adapters) {
    std::string_view adapter = as_view(member.getName());
    auto metrics = member.getValue().getObject();
    object_text figures;
    for (auto metric : metrics) {
      figures.add(as_view(metric.getName()), raw(metric.getValue()));
      for (const auto& alias : aliases)
        if (alias.adapter == adapter && alias.ours == as_view(metric.getName()) && !find_member(metrics, alias.theirs))
          figures.add(alias.theirs, raw(metric.getValue()));
    }
    out.add(adapter, figures.str());
  }
  return out.str();
}

/// HART OS counts flows.
std::string flow_text(std::string_view flow) {
  bool is_number = !flow.empty() && std::ranges::all_of(flow, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::string{flow} : quoted(flow);
}

std::string section(json_members root, std::string_view name) {
  auto value = find_member(root, name);
  return value ? raw(*value) : "{}";
}

} // namespace

caf::expected<hartos_baseline> read_hartos_baseline(std::string_view text) {
  capnp::MallocMessageBuilder scratch;
  auto root = parse_json_object(text, scratch);
  if (!root)
    return root.error();
  hartos_baseline out;
  object_text document;
  for (auto member : *root) {
    std::string_view name = as_view(member.getName());
    auto value = member.getValue();
    if (is_in(name, {"version", "prompt_id", "flow_id"}) || is_nothing(value))
      continue;
    if (name == "timestamp") {
      auto seconds = to_number(value);
      auto time = seconds ? iso8601_of(*seconds) : std::string{};
      if (time.empty())
        out.notes.emplace_back("/timestamp is no time between 1970 and 9999");
      document.add_text("timestamp", time);
    } else if (name == "benchmark_metrics" && value.isObject()) {
      document.add(name, read_figures(value.getObject(), out.notes));
    } else {
      document.add(name, raw(value));
    }
  }
  out.document = document.str();
  return out;
}

std::string to_hartos(wire::Baseline::Reader baseline) {
  capnp::MallocMessageBuilder scratch;
  auto text = to_json<wire::Baseline>(baseline);
  auto root = parse_json_object(text, scratch);
  if (!root) // the node's own encoding
    return text;
  object_text out;
  out.add("version", std::to_string(baseline.getVersion()));
  out.add("prompt_id", quoted(as_view(baseline.getPromptId())));
  out.add("flow_id", flow_text(as_view(baseline.getFlowId())));
  out.add("trigger", quoted(as_view(baseline.getTrigger())));
  if (baseline.getTimestamp() > 0) // a partial file of HART OS may have had none
    out.add("timestamp", number_text(static_cast<double>(baseline.getTimestamp()) / micros_per_s));
  for (const char* name : {"metadata", "recipe_metrics", "lightning_metrics"})
    out.add(name, section(*root, name));
  auto benchmarks = find_member(*root, "benchmark_metrics");
  out.add("benchmark_metrics", benchmarks ? write_figures(benchmarks->getObject()) : "{}");
  out.add("trust_evolution_metrics", section(*root, "trust_evolution"));
  for (auto member : *root)
    if (!is_in(as_view(member.getName()),
               {"version", "prompt_id", "flow_id", "trigger", "timestamp", "metadata", "recipe_metrics",
                "lightning_metrics", "benchmark_metrics", "trust_evolution"}))
      out.add(as_view(member.getName()), raw(member.getValue()));
  return pretty(out.str()) + "\n";
}

} // namespace hive
