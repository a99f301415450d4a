#include "storage/hartos/hartos_snapshot.hpp"

#include "messages/annotations.hpp"
#include "messages/check.hpp"
#include "messages/ids.hpp"
#include "messages/json.hpp"
#include "messages/json_text.hpp"
#include "messages/snapshot.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "storage/hartos/json_object.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace hive {
namespace {

using capnp::JsonValue;

/// Size limit for an adapter outcome's reason.
constexpr size_t max_reason_bytes = 4'000;
/// Adapter name for metrics without one.
constexpr std::string_view unnamed_adapter = "unnamed";

/// Python truthiness.
bool is_true(json_members object, std::string_view name) {
  auto value = find_member(object, name);
  if (!value)
    return false;
  return value->isBoolean() ? value->getBoolean() : value->isString() && value->getString().size() > 0;
}

bool is_list_of_texts(JsonValue::Reader value) {
  if (!value.isArray())
    return false;
  for (auto element : value.getArray())
    if (!element.isString())
      return false;
  return true;
}

std::string shorten(std::string text) {
  if (text.size() <= max_reason_bytes)
    return text;
  auto end = max_reason_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) // do not cut inside a character
    --end;
  return text.substr(0, end);
}

// -- reading HART OS --------------------------------------------------------------

/// Converts HART OS's nested form to the API's form.
class nested_reader {
public:
  nested_reader(std::string version, std::vector<std::string>& notes) : version_{std::move(version)}, notes_{notes} {
  }

  std::string read(json_members root) {
    object_text out;
    out.add_text("version", version_).add_text("git_sha", text_member(root, "git_sha"));
    if (auto taken = number_member(root, "timestamp")) {
      auto time = iso8601_of(*taken);
      if (time.empty())
        notes_.push_back("/timestamp is no time between 1970 and 9999");
      out.add_text("captured_at", time);
    }
    for (const char* name : {"tier", "node"})
      out.add_text(name, text_member(root, name));
    if (auto machine = find_member(root, "environment"); machine && machine->isObject())
      out.add("environment", capnp::JsonCodec{}.encodeRaw(*machine).cStr());
    object_text adapters;
    for (auto member : find_member(root, "benchmarks")->getObject())
      add_adapter(member, adapters);
    return out.add("benchmarks", adapters.str()).str();
  }

private:
  void add_adapter(JsonValue::Field::Reader member, object_text& into) {
    std::string place = std::string{"/benchmarks/"} + member.getName().cStr();
    if (!member.getValue().isObject()) {
      notes_.push_back(place + " is no result of a benchmark");
      return;
    }
    auto result = member.getValue().getObject();
    object_text out;
    if (is_true(result, "skipped")) {
      // The reason is either a separate member or the value of `skipped`.
      auto reason = text_member(result, "reason");
      out.add("skipped", "true");
      out.add_text("reason", shorten(reason.empty() ? text_member(result, "skipped") : reason));
    }
    out.add_text("error", shorten(text_member(result, "error")));
    if (auto metrics = find_member(result, "metrics"); metrics && metrics->isObject())
      out.add("metrics", read_metrics(metrics->getObject(), place));
    into.add(member.getName().cStr(), out.str());
  }

  std::string read_metrics(json_members metrics, const std::string& place) {
    object_text out;
    for (auto member : metrics) {
      auto metric = member.getValue();
      if (auto text = metric.isObject() ? read_metric(metric.getObject()) : std::string{}; !text.empty())
        out.add(member.getName().cStr(), text);
      else
        notes_.push_back(place + "/metrics/" + member.getName().cStr() + " has no value that is a number");
    }
    return out.str();
  }

  /// Empty when this is not a metric.
  std::string read_metric(json_members metric) const {
    auto value = number_member(metric, "value");
    if (!value || !std::isfinite(*value))
      return {};
    object_text out;
    out.add("value", number_text(*value));
    // Like HART OS, treats a metric without direction as higher-is-better.
    out.add_text("direction", text_member(metric, "direction") == "lower" ? "lower" : "higher");
    out.add_text("unit", text_member(metric, "unit"));
    if (auto samples = find_member(metric, "samples"); samples && samples->isArray())
      out.add("samples", capnp::JsonCodec{}.encodeRaw(*samples).cStr());
    out.add_text("scope", text_member(metric, "scope"));
    read_rules(metric, out);
    return out.str();
  }

  /// Adds the rules of a metric; what has another type or range counts as not given.
  static void read_rules(json_members metric, object_text& out) {
    constexpr double max_margin = .95; // as in the schema
    constexpr double none = std::numeric_limits<double>::infinity();
    auto flag = [&](const char* name, bool wanted) {
      if (auto found = find_member(metric, name); found && found->isBoolean() && found->getBoolean() == wanted)
        out.add(name, wanted ? "true" : "false");
    };
    auto number = [&](const char* name, double min, double max) {
      if (auto found = number_member(metric, name); found && std::isfinite(*found) && *found >= min && *found <= max)
        out.add(name, number_text(*found));
    };
    flag("gate", false);
    flag("advisory", true);
    number("margin", 0, max_margin);
    number("absolute_margin", 0, none);
    number("floor", -none, none);
    number("resolution", 0, none);
    if (auto kind = text_member(metric, "kind"); kind == "count" || kind == "ratio")
      out.add_text("kind", kind);
    if (auto fields = find_member(metric, "same_environment"); fields && is_list_of_texts(*fields))
      out.add("same_environment", capnp::JsonCodec{}.encodeRaw(*fields).cStr());
  }

  std::string version_;
  std::vector<std::string>& notes_;
};

/// The document with the missing version added.
std::string with_version(json_members root, const std::string& version) {
  object_text out;
  out.add_text("version", version);
  for (auto member : root)
    out.add(member.getName().cStr(), capnp::JsonCodec{}.encodeRaw(member.getValue()).cStr());
  return out.str();
}

// -- writing HART OS --------------------------------------------------------------

void write_rules(wire::Metric::Reader metric, object_text& out) {
  if (!metric.getGate() || metric.getScope().size() > 0) // HART OS ignores scopes and would compare across them
    out.add("gate", "false");
  if (metric.getAdvisory())
    out.add("advisory", "true");
  for (auto [name, value] : {std::pair{"margin", metric.getMargin()},
                             {"absolute_margin", metric.getAbsoluteMargin()},
                             {"floor", metric.getFloor()},
                             {"resolution", metric.getResolution()}})
    if (std::isfinite(value))
      out.add(name, number_text(value));
  if (metric.getKind() != wire::MetricKind::CONTINUOUS)
    out.add_text("kind", json_name(metric.getKind()));
  std::string fields;
  for (auto field : metric.getSameEnvironment())
    fields += (fields.empty() ? "" : ",") + quoted(as_view(field));
  if (!fields.empty())
    out.add("same_environment", "[" + fields + "]");
}

std::string write_metric(wire::Metric::Reader metric) {
  object_text out;
  out.add("value", number_text(metric.getValue()));
  out.add_text("direction", metric.getDirection() == wire::Direction::LOWER ? "lower" : "higher");
  out.add("unit", quoted(as_view(metric.getUnit())));
  if (metric.getSamples().size() > 0) {
    std::string samples;
    for (double sample : metric.getSamples())
      samples += (samples.empty() ? "" : ",") + number_text(sample);
    out.add("samples", "[" + samples + "]");
  }
  out.add_text("scope", as_view(metric.getScope()));
  write_rules(metric, out);
  return out.str();
}

struct adapter_parts {
  std::map<std::string_view, std::string> metrics;
  wire::AdapterStatus status = wire::AdapterStatus::OK;
  std::string_view reason;
};

std::string write_adapter(const adapter_parts& parts) {
  object_text out;
  if (parts.status == wire::AdapterStatus::SKIPPED)
    out.add("skipped", "true").add_text("reason", parts.reason);
  if (parts.status == wire::AdapterStatus::ERROR)
    out.add("error", quoted(parts.reason.empty() ? "failed" : parts.reason));
  object_text metrics;
  for (const auto& [name, text] : parts.metrics)
    metrics.add(name, text);
  if (parts.status != wire::AdapterStatus::SKIPPED || !metrics.is_empty())
    out.add("metrics", metrics.str());
  return out.str();
}

std::string write_adapters(wire::Snapshot::Reader snapshot) {
  std::map<std::string_view, adapter_parts> adapters;
  for (auto outcome : snapshot.getAdapters()) {
    auto& parts = adapters[as_view(outcome.getName())];
    parts.status = outcome.getStatus();
    parts.reason = as_view(outcome.getReason());
  }
  for (auto metric : snapshot.getMetrics()) {
    auto adapter = as_view(metric.getAdapter());
    if (std::isfinite(metric.getValue()))
      adapters[adapter.empty() ? unnamed_adapter : adapter].metrics[bare_name(metric)] = write_metric(metric);
  }
  object_text out;
  for (const auto& [name, parts] : adapters)
    out.add(name, write_adapter(parts));
  return out.str();
}

} // namespace

bool is_hartos_snapshot(std::string_view text) {
  capnp::MallocMessageBuilder scratch;
  auto root = parse_json_object(text, scratch);
  if (!root)
    return false;
  auto nested = find_member(*root, "benchmarks");
  return nested && nested->isObject() && number_member(*root, "timestamp");
}

caf::expected<hartos_snapshot> read_hartos_snapshot(std::string_view text, std::string_view stem) {
  capnp::MallocMessageBuilder scratch;
  auto root = parse_json_object(text, scratch);
  if (!root)
    return root.error();
  hartos_snapshot out;
  bool says_version = find_member(*root, "version").has_value();
  auto version = says_version ? text_member(*root, "version") : std::string{stem};
  if (!is_valid_id(version))
    return fail(ec::invalid, "the version \"" + version + "\" " + std::string{id_rule});
  if (auto nested = find_member(*root, "benchmarks"); nested && nested->isObject())
    out.document = nested_reader{version, out.notes}.read(*root);
  else
    out.document = says_version ? std::string{text} : with_version(*root, version);
  auto snapshot = from_json<wire::Snapshot>(out.document);
  if (!snapshot)
    return snapshot.error();
  out.snapshot = msg<wire::ImportSnapshot>::build([&](wire::ImportSnapshot::Builder import) {
    import.setVersion(version);
    import.setSnapshot(**snapshot);
  });
  return out;
}

std::string to_hartos(wire::Snapshot::Reader snapshot) {
  object_text out;
  out.add("version", quoted(as_view(snapshot.getVersion()))).add("git_sha", quoted(as_view(snapshot.getGitSha())));
  out.add("timestamp", number_text(static_cast<double>(snapshot.getCapturedAt()) / micros_per_s));
  out.add_text("tier", json_name(snapshot.getTier()));
  out.add_text("node", as_view(snapshot.getNode()));
  if (snapshot.hasEnvironment())
    out.add("environment", to_json<wire::Environment>(snapshot.getEnvironment()));
  return pretty(out.add("benchmarks", write_adapters(snapshot)).str()) + "\n";
}

} // namespace hive
