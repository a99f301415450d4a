#include "actors/monitoring/metric_page.hpp"

#include "actors/monitoring/family_writer.hpp"
#include "messages/check.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace hive {
namespace {

constexpr const char* certificate_expiry = "When a certificate expires, in Unix time.";

double seconds_of(int64_t unix_micros) {
  return static_cast<double>(unix_micros) / micros_per_s;
}

std::string text_of_field(capnp::Text::Reader text) {
  return std::string{as_view(text)};
}

template <class E>
std::map<std::string, double> zero_of_each() {
  std::map<std::string, double> out;
  for (auto each : capnp::Schema::from<E>().getEnumerants())
    out[json_name(each)] = 0;
  return out;
}

void put_node(const node_figures& node, family_writer& out) {
  out.gauge("hive_build_info", "The version of Hivemark, as a label; always 1.", 1, {{"version", node.version}});
  out.gauge("hive_node_info", "The node's id, name and tier, as labels; always 1.", 1,
            {{"node", node.id}, {"name", node.name}, {"tier", node.tier}});
  out.gauge("hive_ready", "Whether the node accepts requests and can store their data.", node.not_ready.empty());
  out.gauge("hive_store_bytes", "Size of the store's files.", static_cast<double>(node.store_bytes));
  out.gauge("hive_store_free_bytes", "Free space on the store's disk.", static_cast<double>(node.store_free_bytes));
  out.gauge("hive_store_min_free_bytes", "Free space below which the node refuses writes.",
            static_cast<double>(node.store_need_bytes));
  out.histogram("hive_commit_duration_seconds", "Time of a write of the store, with its fsync.", node.writes.seconds,
                write_durations::bounds_s, node.writes.counts);
}

void put_https(int64_t until, family_writer& out) {
  if (until != 0)
    out.gauge("hive_tls_certificate_expiry_timestamp_seconds", certificate_expiry, static_cast<double>(until),
              {{"role", "https"}});
}

void put_process(const process_usage& usage, family_writer& out) {
  out.counter("process_cpu_seconds_total", "Processor time of the node, without its benchmarks.", usage.cpu_seconds);
  out.gauge("process_resident_memory_bytes", "Memory of the node in RAM.", static_cast<double>(usage.resident_bytes));
  out.gauge("process_virtual_memory_bytes", "Addresses of the node.", static_cast<double>(usage.virtual_bytes));
  out.gauge("process_open_fds", "Open descriptors.", static_cast<double>(usage.open_descriptors));
  out.gauge("process_max_fds", "Most open descriptors.", static_cast<double>(usage.max_descriptors));
  out.gauge("process_threads", "Threads.", static_cast<double>(usage.threads));
  out.gauge("process_start_time_seconds", "When the process started, in Unix time.", usage.start_time);
}

void put_runs(const std::vector<adapter_runs>& runs, family_writer& out) {
  std::map<std::string, double> last_success;
  for (const auto& each : runs) {
    metric_labels labels{{"adapter", each.adapter}, {"result", each.result}};
    out.counter("hive_adapter_runs_total", "Runs of benchmark adapters that have ended.",
                static_cast<double>(each.count), labels);
    out.counter("hive_adapter_duration_seconds_total", "Time that these runs took.", each.seconds, labels);
    if (each.result == "ok")
      last_success[each.adapter] = each.last_ended;
  }
  for (const auto& [adapter, at] : last_success)
    out.gauge("hive_adapter_last_success_timestamp_seconds", "When the adapter last measured, since the node started.",
              at, {{"adapter", adapter}});
}

void put_hive(wire::HiveStatus::Reader hive, family_writer& out) {
  out.gauge("hive_links", "Nodes to which this node has a link.", hive.getLinked());
  out.gauge("hive_origins", "Nodes whose statistics this node holds, itself included; at most 1,024.", hive.getKnown());
  out.gauge("hive_converged_ratio", "Share of this node and its linked nodes that have the same state.",
            hive.getConverged());
  out.gauge("hive_clock_ahead_seconds", "How far the node's clock is ahead of the hive's.",
            hive.getClockAheadMs() / 1'000);
  out.counter("hive_exchanges_total", "Exchanges of state that this node began.",
              static_cast<double>(hive.getExchanges()));
  out.counter("hive_exchanges_failed_total", "Those of them that failed.",
              static_cast<double>(hive.getFailedExchanges()));
  out.counter("hive_gossip_sent_bytes_total", "Bytes of state sent to other nodes.",
              static_cast<double>(hive.getSentBytes()));
  out.counter("hive_gossip_received_bytes_total", "Bytes of state received from other nodes.",
              static_cast<double>(hive.getReceivedBytes()));
  for (auto each : hive.getRefused())
    out.counter("hive_slots_refused_total", "Statements of other nodes that this node refused, by reason.",
                static_cast<double>(each.getCount()), {{"reason", text_of_field(each.getReason())}});
  if (hive.getCertificateExpires() != 0)
    out.gauge("hive_tls_certificate_expiry_timestamp_seconds", certificate_expiry,
              seconds_of(hive.getCertificateExpires()), {{"role", "node"}});
  if (hive.getCaExpires() != 0)
    out.gauge("hive_tls_certificate_expiry_timestamp_seconds", certificate_expiry, seconds_of(hive.getCaExpires()),
              {{"role", "ca"}});
}

void put_members(wire::NodeList::Reader list, size_t max_peers, family_writer& out) {
  auto states = zero_of_each<wire::MemberState>();
  size_t peers = 0;
  for (auto each : list.getNodes()) {
    ++states[json_name(each.getState())];
    if (each.getLinked() && peers++ < max_peers)
      out.gauge("hive_link_round_trip_seconds", "Round trip of the last exchange with a linked node.",
                each.getRoundTripMs() / 1'000, {{"peer", text_of_field(each.getId())}});
  }
  for (const auto& [state, count] : states)
    out.gauge("hive_members", "Nodes of the hive by their state, as seen by this node.", count, {{"state", state}});
}

void put_gpus(const readings& from, family_writer& out) {
  auto states = zero_of_each<wire::LeaseState>();
  if (from.leases)
    for (auto each : (*from.leases)->getLeases())
      ++states[json_name(each.getState())];
  states.erase("ended");
  if (from.leases)
    for (const auto& [state, count] : states)
      out.gauge("hive_gpu_leases", "Leases of GPU memory by their state.", count, {{"state", state}});
  if (!from.gpus)
    return;
  out.gauge("hive_gpu_queue_length", "Requests for GPU memory that wait.", (*from.gpus)->getQueued());
  for (auto each : (*from.gpus)->getGpus()) {
    auto gpu = text_of_field(each.getUuid());
    for (const auto& [state, count] : zero_of_each<wire::GpuAvailability>())
      out.gauge("hive_gpu_state", "1 for the state that the GPU is in.", json_name(each.getState()) == state,
                {{"gpu", gpu}, {"state", state}});
    auto bytes = [](uint64_t mib) { return static_cast<double>(mib) * 1'048'576; };
    out.gauge("hive_gpu_memory_bytes", "Memory of the GPU.", bytes(each.getVramMib()), {{"gpu", gpu}});
    out.gauge("hive_gpu_leased_bytes", "Memory of the GPU that is leased.", bytes(each.getLeasedMib()), {{"gpu", gpu}});
    out.gauge("hive_gpu_free_bytes", "Memory of the GPU that can be leased.", bytes(each.getFreeMib()), {{"gpu", gpu}});
  }
}

void put_upgrades(wire::ClusterUpgradeList::Reader list, double now, family_writer& out) {
  std::map<std::string, std::map<std::string, double>> oldest;
  for (auto each : list.getUpgrades()) {
    if (each.getFinal())
      continue;
    auto& age = oldest[text_of_field(each.getTrack())][json_name(each.getDecision())];
    age = std::max(age, now - seconds_of(each.getAnnouncedAt()));
  }
  for (const auto& [track, decisions] : oldest)
    for (const auto& [decision, age] : decisions)
      out.gauge("hive_upgrade_open_seconds",
                "Age of the oldest upgrade of the track that is not final, by its decision.", age,
                {{"track", track}, {"decision", decision}});
}

void put_results(wire::LatestResults::Reader latest, size_t most, family_writer& out) {
  double newest = 0;
  size_t shown = 0, left_out = 0;
  for (auto each : latest.getResults()) {
    newest = std::max(newest, seconds_of(each.getCapturedAt()));
    if (!std::isfinite(each.getValue()))
      continue;
    if (shown == most) {
      ++left_out;
      continue;
    }
    ++shown;
    auto name = as_view(each.getName());
    auto dot = name.find('.');
    auto adapter = dot == name.npos ? std::string_view{"-"} : name.substr(0, dot);
    auto metric = dot == name.npos ? name : name.substr(dot + 1);
    out.gauge("hive_metric_value", "The newest value of a measured metric.", each.getValue(),
              {{"adapter", std::string{adapter}},
               {"metric", std::string{metric}},
               {"unit", text_of_field(each.getUnit())},
               {"direction", json_name(each.getDirection())}});
  }
  out.gauge("hive_metric_series_left_out", "Measured metrics beyond [http] metric_series, which have no series.",
            static_cast<double>(left_out));
  if (newest > 0)
    out.gauge("hive_capture_last_success_timestamp_seconds", "When the newest metric was captured, in Unix time.",
              newest);
}

/// Metrics that hold their level are left out: their newest value tells as much.
void put_moved(wire::MetricList::Reader list, family_writer& out) {
  for (auto each : list.getMetrics()) {
    metric_labels labels{{"adapter", text_of_field(each.getAdapter())}, {"metric", text_of_field(each.getName())}};
    out.gauge("hive_metric_regressed", "1 when the newest change of the metric was for the worse, 0 when it was not.",
              each.getChange().getWorse(), labels);
    if (std::isfinite(each.getLevel()))
      out.gauge("hive_metric_level", "Mean of the metric since that change: what its next values are compared with.",
                each.getLevel(), labels);
    if (std::isfinite(each.getChange().getChangePct()))
      out.gauge("hive_metric_change_ratio", "Relative size of that change.", each.getChange().getChangePct() / 100,
                labels);
  }
  out.gauge("hive_metrics_moved", "Measured metrics with a change in the last 30 days.", list.getMoved());
}

void put_backups(wire::Backups::Reader made, family_writer& out) {
  if (!made.hasDirectory())
    return;
  out.gauge("hive_backups", "Backups in the configured directory.", made.getCount());
  out.gauge("hive_backup_bytes", "Size of their files, each counted once.", static_cast<double>(made.getBytes()));
  if (made.getLastSuccess() != 0)
    out.gauge("hive_backup_last_success_timestamp_seconds", "When the newest backup was made, in Unix time.",
              seconds_of(made.getLastSuccess()));
  if (made.getLastVerified() != 0)
    out.gauge("hive_backup_last_verified_timestamp_seconds",
              "When all files of the backups were last read and compared, in Unix time.",
              seconds_of(made.getLastVerified()));
  out.gauge("hive_backup_failed", "1 when the newest attempt since the node's start failed.", made.hasLastError());
}

void put_missing(const std::vector<std::string>& missing, family_writer& out) {
  out.gauge("hive_metrics_missing", "Services that did not answer in time for this page; their metrics are left out.",
            static_cast<double>(missing.size()));
}

} // namespace

std::vector<prometheus::MetricFamily> describe_metrics(const readings& from, const metric_bounds& bounds, double now) {
  family_writer out;
  put_node(from.node, out);
  put_https(from.node.https_until, out);
  put_process(from.node.process, out);
  put_runs(from.node.runs, out);
  if (from.hive)
    put_hive(**from.hive, out);
  if (from.nodes)
    put_members(**from.nodes, bounds.peers, out);
  put_gpus(from, out);
  if (from.upgrades)
    put_upgrades(**from.upgrades, now, out);
  if (from.tasks)
    out.counter("hive_task_records_total", "Coding tasks recorded on this node since its start.",
                static_cast<double>((*from.tasks)->getRecords()));
  if (from.results)
    put_results(**from.results, bounds.series, out);
  if (from.moved)
    put_moved(**from.moved, out);
  if (from.backups)
    put_backups(**from.backups, out);
  put_missing(from.missing, out);
  return std::move(out).finish();
}

} // namespace hive
