#include "apps/hivectl/hartos_import.hpp"

#include "actors/benchmark/snapshots/snapshot_builder.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/hartos_baselines.hpp"
#include "apps/hivectl/hartos_folder.hpp"
#include "apps/hivectl/hartos_tasks.hpp"
#include "messages/benchmark.capnp.h"
#include "platform/http_client.hpp"
#include "storage/hartos/hartos_snapshot.hpp"

#include <algorithm>

namespace hive::ctl {
namespace {

class importer {
public:
  importer(session& s, const hartos_import_options& options)
      : node_{s.node}, options_{options}, running_{"Importing from HART OS", s.set} {
  }

  caf::error run() {
    auto folder = find_hartos(options_.directory);
    if (!folder)
      return folder.error();
    auto snapshots = folder->snapshots();
    if (!snapshots)
      return snapshots.error();
    bool has_database = std::filesystem::exists(folder->database());
    auto agents = folder->agents();
    if (!agents)
      return agents.error();
    if (!has_database && snapshots->empty() && agents->empty())
      return fail_as(exit_status::refused,
                     folder->data.string() + " holds neither coding_benchmarks.db nor benchmarks/*.json nor baselines");
    if (has_database)
      if (auto error = import_database(folder->database()))
        return error;
    for (const auto& file : *snapshots)
      if (auto error = import_snapshot(file))
        return error;
    for (const auto& agent : *agents)
      if (auto error = hartos_baseline_import{node_, agent, options_.append, report_, running_}.run())
        return error;
    return caf::none;
  }

  const hartos_report& report() const {
    return report_;
  }

private:
  caf::error import_database(const std::filesystem::path& file) {
    auto db = hartos_database::open(file);
    if (!db)
      return of_file(db.error());
    auto parts = parts_of(*db, options_.source);
    if (!parts)
      return of_file(parts.error());
    for (auto& part : *parts)
      if (auto error = hartos_task_import{node_, *db, std::move(part), report_, running_}.run())
        return error;
    return import_routes(*db);
  }

  // -- hive routing ---------------------------------------------------------------

  caf::error import_routes(hartos_database& db) {
    auto routes = db.routes();
    if (!routes)
      return routes.error();
    for (const auto& route : *routes)
      if (!route.fault.empty())
        report_.leave_out(db.file() + ": hive_routing row " + std::to_string(route.number), route.fault);
    std::erase_if(*routes, [](const hartos_route& route) { return !route.fault.empty(); });
    if (routes->empty())
      return caf::none;
    auto origin = origin_of(db, options_.source);
    if (!origin)
      return origin.error();
    if (origin->empty()) {
      report_.leave_out(db.file() + ": hive_routing",
                        "without task records nothing tells this database from others; name it with "
                        "--source");
      return caf::none;
    }
    auto own = is_own_export(db);
    if (!own)
      return own.error();
    return *own ? caf::none : send_routes(db, *routes, *origin);
  }

  /// Whether this node exported the database: its own statements about other nodes must not be imported into it as
  /// news.
  caf::expected<bool> is_own_export(hartos_database& db) const {
    auto mark = db.export_mark();
    if (!mark)
      return mark.error();
    if (!*mark)
      return false;
    auto id = node_.node_id();
    if (!id)
      return id.error();
    return *id == (*mark)->node;
  }

  /// Sends one delta, which replaces the one of an earlier import.
  caf::error send_routes(const hartos_database& db, const std::vector<hartos_route>& routes,
                         const std::string& origin) {
    auto delta = msg<wire::LearningDelta>::build([&](wire::LearningDelta::Builder out) {
      out.setOrigin(origin);
      out.setTs(std::ranges::max(routes, {}, &hartos_route::updated_at).updated_at);
      auto tasks = out.initCodingBenchmarks(static_cast<uint32_t>(routes.size()));
      for (uint32_t i = 0; i < tasks.size(); ++i) {
        tasks[i].setTaskType(routes[i].task_type);
        auto tool = tasks[i].initTools(1)[0];
        tool.setToolName(routes[i].tool_name);
        tool.setSuccessRate(routes[i].success_rate);
        tool.setAvgTimeS(routes[i].avg_time_s);
        tool.setSampleCount(routes[i].samples);
      }
    });
    auto answer = node_.ask<wire::Recorded>({.method = "POST", .path = "/tools/delta", .body = to_json(delta)});
    if (!answer)
      return fail(code_of(answer.error()), db.file() + ": hive_routing: " + text_of(answer.error()));
    report_.routes = (*answer)->getRecorded();
    return caf::none;
  }

  // -- snapshots ------------------------------------------------------------------

  /// An unusable file is skipped; an unreachable node ends the import.
  caf::error import_snapshot(const std::filesystem::path& file) {
    running_.now("Importing " + file.filename().string());
    auto text = read_file(file.string(), defaults::max_body_bytes);
    if (!text)
      return report_.leave_out(file.string(), text_of(text.error())), caf::none;
    auto read = read_hartos_snapshot(*text, file.stem().string());
    if (!read)
      return report_.leave_out(file.string(), text_of(read.error())), caf::none;
    auto has = has_same(*read);
    if (!has)
      return has.error();
    if (*has) {
      ++report_.unchanged_snapshots;
      return caf::none;
    }
    auto put = node_.ask<wire::Snapshot>({.method = "PUT", .path = path_of(*read), .body = std::move(read->document)});
    if (!put && exit_status_of(put.error()) == exit_status::unreachable)
      return put.error();
    if (!put)
      return report_.leave_out(file.string(), text_of(put.error())), caf::none;
    ++report_.snapshots;
    for (const auto& note : read->notes)
      report_.leave_out(file.string(), note);
    return caf::none;
  }

  static std::string path_of(const hartos_snapshot& snapshot) {
    return std::string{"/snapshots/"} + http::url_encode(snapshot.snapshot->getVersion().cStr());
  }

  /// Whether the node's snapshot of this version has the same content, as far as HART OS's form shows.
  caf::expected<bool> has_same(const hartos_snapshot& read) const {
    auto stored = node_.ask<wire::Snapshot>({.path = path_of(read)});
    if (!stored && code_of(stored.error()) == ec::not_found)
      return false;
    if (!stored)
      return stored.error();
    auto normal = normalise_import(read.snapshot, (*stored)->getCapturedAt());
    if (!normal) // the upload will report the reason
      return false;
    return to_hartos(**normal) == to_hartos(**stored);
  }

  const client& node_;
  const hartos_import_options& options_;
  hartos_report report_;
  progress running_;
};

} // namespace

outcome import_hartos(session& s, const hartos_import_options& options) {
  auto report = [&]() -> caf::expected<hartos_report> {
    importer importing{s, options};
    if (auto error = importing.run())
      return error;
    return importing.report();
  }();
  if (!report)
    return report.error();
  s.out.answer(report->answer(), [&] { report->show(s.out); });
  return report->left_out == 0 ? exit_status::done : exit_status::refused;
}

} // namespace hive::ctl
