#include "storage/keys.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace hive::keys {
namespace {

constexpr char separator = '\0';

std::string big_endian(uint64_t value) {
  std::string out(sizeof value, '\0');
  for (size_t i = 0; i < sizeof value; ++i)
    out[i] = static_cast<char>(value >> (8 * (sizeof value - 1 - i)));
  return out;
}

/// Reads the number at the end of `key`; 0 when the key is too short to hold one.
uint64_t big_endian_tail(std::string_view key) {
  uint64_t out = 0;
  if (key.size() >= sizeof out)
    for (char byte : key.substr(key.size() - sizeof out))
      out = out << 8 | static_cast<unsigned char>(byte);
  return out;
}

template <class... Parts>
std::string join(std::string_view kind, Parts... parts) {
  std::string out{kind};
  ((out += parts, out += separator), ...);
  return out;
}

} // namespace

std::string node() {
  return "node";
}

std::string revocation_lists() {
  return "revocations/";
}

std::string last_capture() {
  return "last_capture";
}

std::string snapshot(std::string_view version, capture_id id) {
  return snapshots_of(version) + big_endian(id.value);
}

std::string snapshots_of(std::string_view version) {
  return join("capture/", version);
}

std::string snapshot_summary(std::string_view version) {
  return snapshot_summaries() + std::string{version};
}

std::string snapshot_summaries() {
  return "summary/";
}

std::string deleted_capture(std::string_view version, capture_id id) {
  return deleted_captures_of(version) + big_endian(id.value);
}

std::string deleted_captures_of(std::string_view version) {
  return join("deleted/", version);
}

std::string measurement(uint64_t number) {
  return measurements() + big_endian(number);
}

std::string measurements() {
  return "measurement/";
}

std::string measured_round(uint64_t measurement, std::string_view adapter, uint32_t number) {
  return measured_rounds_of(measurement, adapter) + big_endian(number);
}

std::string measured_rounds_of(uint64_t measurement, std::string_view adapter) {
  return join(measured_rounds(measurement), adapter);
}

std::string measured_rounds(uint64_t measurement) {
  return "round/" + big_endian(measurement);
}

std::string reference(std::string_view track) {
  return references() + std::string{track};
}

std::string references() {
  return "reference/";
}

std::string known_agents() {
  return "known_agents";
}

std::string agent(std::string_view prompt, std::string_view flow) {
  return join(agents(), prompt, flow);
}

std::string agents() {
  return "agent/";
}

std::string baseline(std::string_view prompt, std::string_view flow, uint32_t version) {
  return baselines_of(prompt, flow) + big_endian(version);
}

std::string baselines_of(std::string_view prompt, std::string_view flow) {
  return join("baseline/", prompt, flow);
}

std::string baseline_summary(std::string_view prompt, std::string_view flow, uint32_t version) {
  return baseline_summaries_of(prompt, flow) + big_endian(version);
}

std::string baseline_summaries_of(std::string_view prompt, std::string_view flow) {
  return join("summary/", prompt, flow);
}

std::string agent_change(uint64_t period, std::string_view prompt, std::string_view flow) {
  return join(agent_changes_from(period), prompt, flow);
}

std::string agent_changes() {
  return "changed/";
}

std::string agent_changes_from(uint64_t period) {
  return agent_changes() + big_endian(period);
}

agent_change_parts parts_of_agent_change(std::string_view key) {
  auto prefix = agent_changes().size() + sizeof(uint64_t);
  if (key.size() < prefix)
    return {};
  auto agent = parts_of_agent(key, key.substr(0, prefix));
  return {big_endian_tail(key.substr(0, prefix)), agent.prompt, agent.flow};
}

std::string active_agent(std::string_view prompt, std::string_view flow) {
  return join(active_agents(), prompt, flow);
}

std::string active_agents() {
  return "active/";
}

std::string regressed_agent(std::string_view prompt, std::string_view flow) {
  return join(regressed_agents(), prompt, flow);
}

std::string regressed_agents() {
  return "regressed/";
}

std::string folder_agent(std::string_view prompt, std::string_view flow) {
  return join(folder_agents(), prompt, flow);
}

std::string folder_agents() {
  return "folder/";
}

agent_parts parts_of_agent(std::string_view key, std::string_view prefix) {
  auto rest = key.substr(std::min(prefix.size(), key.size()));
  auto prompt = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(prompt.size() + 1, rest.size()));
  return {prompt, rest.substr(0, rest.find(separator))};
}

std::string agent_recipe(std::string_view prompt, std::string_view flow) {
  return join("recipe/", prompt, flow);
}

std::string agent_span(std::string_view prompt, std::string_view flow, uint64_t sequence) {
  return agent_spans_of(prompt, flow) + big_endian(sequence);
}

std::string agent_spans_of(std::string_view prompt, std::string_view flow) {
  return join("span/", prompt, flow);
}

std::string run_rate() {
  return "run_rate";
}

std::string agent_runs(std::string_view prompt, std::string_view flow) {
  return join("runs/", prompt, flow);
}

std::string stream_name(uint16_t measure, std::string_view action, std::string_view slice) {
  return join("", std::to_string(measure), action, slice);
}

std::string agent_stream(std::string_view prompt, std::string_view flow, std::string_view stream) {
  return agent_streams_of(prompt, flow) + std::string{stream};
}

std::string agent_streams_of(std::string_view prompt, std::string_view flow) {
  return join("stream/", prompt, flow);
}

std::string agent_sample(std::string_view prompt, std::string_view flow, std::string_view stream) {
  return join("sample/", prompt, flow) + std::string{stream};
}

std::string agent_item(std::string_view prompt, std::string_view flow, uint32_t version, std::string_view item) {
  return agent_items_of(prompt, flow, version) + std::string{item};
}

std::string agent_items_of(std::string_view prompt, std::string_view flow, uint32_t version) {
  return join("item/", prompt, flow) + big_endian(version);
}

std::string series_point(std::string_view adapter, std::string_view metric, capture_id id) {
  return point_of(series_of(adapter, metric), id);
}

std::string series_of(std::string_view adapter, std::string_view metric) {
  return join("", adapter, metric);
}

std::string_view series_of_key(std::string_view key) {
  return key.substr(0, key.size() - sizeof(uint64_t));
}

std::string imported_point(std::string_view adapter, std::string_view metric, capture_id id) {
  return point_of(imported_series_of(adapter, metric), id);
}

std::string imported_series_of(std::string_view adapter, std::string_view metric) {
  return join(imported_series(), adapter, metric);
}

std::string imported_series() {
  return "\xff"; // no UTF-8 text, such as an adapter's name, begins with it
}

std::string point_of(std::string_view series, capture_id id) {
  return std::string{series} + big_endian(id.value);
}

capture_id capture_of_point(std::string_view key) {
  return {big_endian_tail(key)};
}

series_parts parts_of_series(std::string_view series) {
  if (series.starts_with(imported_series()))
    series.remove_prefix(imported_series().size());
  auto adapter = series.substr(0, series.find(separator));
  series.remove_prefix(std::min(adapter.size() + 1, series.size()));
  return {adapter, series.substr(0, series.find(separator))};
}

std::string series_block(std::string_view series, capture_id last) {
  return series_blocks_of(series) + big_endian(last.value);
}

std::string series_blocks_of(std::string_view series) {
  return "block/" + std::string{series};
}

std::string deletion_mark(std::string_view series, capture_id id) {
  return series_marks_of(series) + big_endian(id.value) + 'd';
}

std::string late_mark(std::string_view series, capture_id id) {
  return series_marks_of(series) + big_endian(id.value) + 'l';
}

std::string series_marks_of(std::string_view series) {
  return "mark/" + std::string{series};
}

capture_id capture_of_mark(std::string_view key) {
  return {key.empty() ? 0 : big_endian_tail(key.substr(0, key.size() - 1))};
}

std::string series_revision() {
  return "series_revision";
}

std::string adapter(std::string_view name) {
  return adapters() + std::string{name};
}

std::string adapters() {
  return "adapter/";
}

std::string worker_adapter(std::string_view name) {
  return worker_adapters() + std::string{name};
}

std::string worker_adapters() {
  return "worker/";
}

std::string model(std::string_view id) {
  return models() + std::string{id};
}

std::string models() {
  return "model/";
}

std::string research(std::string_view id) {
  return research_sessions() + std::string{id};
}

std::string research_sessions() {
  return "research/";
}

std::string install(std::string_view name) {
  return installs() + std::string{name};
}

std::string installs() {
  return "install/";
}

std::string review(uint64_t number) {
  return reviews() + big_endian(number);
}

std::string reviews() {
  return "review/";
}

std::string base_runs(std::string_view key) {
  return all_base_runs() + std::string{key};
}

std::string all_base_runs() {
  return "review_base/";
}

std::string world_model() {
  return "world_model";
}

// Short, because task keys outnumber all others. They have their own column, so its files do not overlap and RocksDB
// can move them down the levels without rewriting.
std::string task(task_sequence number) {
  return tasks() + big_endian(number.value);
}

std::string tasks() {
  return "r";
}

task_sequence task_of_key(std::string_view key) {
  return {big_endian_tail(key)};
}

std::string task_key_group(uint64_t first) {
  return task_key_groups() + big_endian(first);
}

std::string task_key_groups() {
  return "digests/";
}

uint64_t first_of_task_key_group(std::string_view key) {
  return big_endian_tail(key);
}

std::string tool_cell(std::string_view task_type, std::string_view tool, std::string_view model) {
  return join(tool_cells(), task_type, tool, model);
}

std::string tool_cells() {
  return "cell/";
}

std::string unlisted_records() {
  return "unlisted";
}

std::string task_source(std::string_view source) {
  return task_sources() + std::string{source};
}

std::string task_sources() {
  return "source/";
}

std::string learning_delta(std::string_view origin) {
  return learning_deltas() + std::string{origin};
}

std::string learning_deltas() {
  return "delta/";
}

std::string published_delta() {
  return "published";
}

std::string hive_slot(std::string_view origin, uint16_t kind, std::string_view key) {
  std::array<char, 7> digits{};
  std::snprintf(digits.data(), digits.size(), "/%04x/", kind);
  return hive_slots() + std::string{origin} + digits.data() + std::string{key};
}

std::string hive_slots() {
  return "slot/";
}

std::string equivocation_proof(std::string_view origin) {
  return equivocation_proofs() + std::string{origin};
}

std::string equivocation_proofs() {
  return "proof/";
}

std::string contradiction_proof(std::string_view origin) {
  return contradiction_proofs() + std::string{origin};
}

std::string contradiction_proofs() {
  return "contradiction/";
}

std::optional<std::string> after_prefix(std::string_view prefix) {
  std::string out{prefix};
  while (!out.empty() && static_cast<unsigned char>(out.back()) == 0xFF)
    out.pop_back();
  if (out.empty())
    return std::nullopt;
  ++out.back();
  return out;
}

std::string open_lease(uint64_t number) {
  return open_leases() + big_endian(number);
}

std::string open_leases() {
  return "open/";
}

std::string ended_lease(uint64_t number) {
  return ended_leases() + big_endian(number);
}

std::string ended_leases() {
  return "ended/";
}

namespace {

std::string of_track(std::string_view kind, uint8_t track) {
  std::string out{kind};
  out += static_cast<char>('0' + track);
  return out + '/';
}

} // namespace

std::string gate_statement(uint16_t kind, uint8_t track) {
  return of_track(gate_statements(), track) + big_endian(kind);
}

std::string gate_statements() {
  return "own/";
}

std::string gate_value(uint8_t track) {
  return of_track(gate_values(), track);
}

std::string gate_values() {
  return "value/";
}

std::string gate_decision(uint8_t track, uint64_t position) {
  return gate_decisions(track) + big_endian(position);
}

std::string gate_decisions(uint8_t track) {
  return of_track("sealed/", track);
}

std::string gate_judgement(std::string_view proposal, std::string_view sha256) {
  return gate_judgements(proposal) + std::string{sha256};
}

std::string gate_judgements(std::string_view proposal) {
  return join("judgement/", proposal);
}

std::string gate_notice(uint8_t track, uint64_t position) {
  return gate_notices(track) + big_endian(position);
}

std::string gate_notices(uint8_t track) {
  return of_track("notice/", track);
}

std::string audit(uint64_t number) {
  return big_endian(number);
}

uint64_t number_of_audit(std::string_view key) {
  return big_endian_tail(key);
}

} // namespace hive::keys
