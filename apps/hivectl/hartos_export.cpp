#include "apps/hivectl/hartos_export.hpp"

#include "apps/hivectl/files.hpp"
#include "apps/hivectl/hartos_baselines.hpp"
#include "apps/hivectl/hartos_folder.hpp"
#include "apps/hivectl/progress.hpp"
#include "apps/hivectl/snapshot_pages.hpp"
#include "messages/hartos.capnp.h"
#include "messages/tracker.capnp.h"
#include "platform/http_client.hpp"
#include "storage/hartos/hartos_baseline.hpp"
#include "storage/hartos/hartos_snapshot.hpp"
#include "storage/hartos/hartos_writer.hpp"

#include <algorithm>
#include <tuple>

namespace hive::ctl {
namespace {

constexpr auto page_size = "1000"; // a node's maximum

/// HART OS's routing order: highest success rate, then lowest mean time.
auto merit(const hartos_route& route) {
  return std::tuple{route.success_rate, -route.avg_time_s};
}

/// The best tool of each task type, over the deltas of all other nodes.
std::vector<hartos_route> best_of(wire::LearningDelta::Reader said) {
  std::vector<hartos_route> out;
  for (auto task : said.getCodingBenchmarks()) {
    std::vector<hartos_route> routes;
    for (auto tool : task.getTools())
      routes.push_back({.number = 0,
                        .task_type = task.getTaskType().cStr(),
                        .tool_name = tool.getToolName().cStr(),
                        .success_rate = tool.getSuccessRate(),
                        .avg_time_s = tool.getAvgTimeS(),
                        .samples = tool.getSampleCount(),
                        .updated_at = said.getTs(),
                        .fault = {}});
    if (!routes.empty())
      out.push_back(std::move(*std::ranges::max_element(routes, {}, merit)));
  }
  return out;
}

class exporter {
public:
  exporter(const client& node, const hartos_export_options& options, charset set)
      : node_{node}, options_{options}, running_{"Exporting to HART OS", set} {
  }

  caf::error run() {
    auto folder = make_hartos(options_.directory);
    if (!folder)
      return folder.error();
    auto id = node_.node_id();
    if (!id)
      return id.error();
    auto database = hartos_writer::create(folder->database(), options_.force);
    if (!database)
      return of_file(database.error());
    if (auto error = write_tasks(*database))
      return error;
    if (auto error = write_routes(*database))
      return error;
    if (auto error = write_snapshots(folder->benchmarks()))
      return error;
    if (auto error = write_baselines(folder->baselines()))
      return error;
    auto finished = database->finish({*id, last_});
    return finished ? caf::error{} : of_file(finished.error());
  }

  msg<wire::HartosExport> answer() const {
    return msg<wire::HartosExport>::build([&](wire::HartosExport::Builder out) {
      out.setRecords(records_);
      out.setErased(first_ > 0 ? first_ - 1 : 0);
      out.setRoutes(routes_);
      out.setSnapshots(snapshots_);
      out.setBaselines(baselines_);
    });
  }

private:
  /// Newest first, as the node lists them. The first page fixes the highest record number to export; records added
  /// after that are excluded.
  caf::error write_tasks(hartos_writer& to) {
    std::string after;
    do {
      auto page = node_.ask<wire::TaskPage>({.path = std::string{"/tasks?limit="} + page_size +
                                                     (after.empty() ? "" : "&after=" + http::url_encode(after))});
      if (!page)
        return page.error();
      for (auto task : (*page)->getTasks())
        if (auto error = write_task(task, to))
          return error;
      std::string next = (*page)->getNext().cStr();
      if (!next.empty() && next == after)
        return fail_as(exit_status::unreachable, "the node's list of task records does not end");
      after = std::move(next);
      running_.now("Exporting task records: " + std::to_string(records_));
    } while (!after.empty());
    return caf::none;
  }

  caf::error write_task(wire::TaskRecord::Reader task, hartos_writer& to) {
    auto number = task.getSequence();
    if (number == 0 || (first_ > 0 && number >= first_))
      return fail_as(exit_status::unreachable,
                     "the node's task records are out of order at number " + std::to_string(number));
    last_ = std::max(last_, number);
    first_ = number;
    ++records_;
    auto added = to.add(task);
    return added ? caf::error{} : of_file(added.error());
  }

  caf::error write_routes(hartos_writer& to) {
    auto said = node_.ask<wire::LearningDelta>({.path = "/tools/delta?scope=hive"});
    if (!said && code_of(said.error()) == ec::no_data)
      return caf::none;
    if (!said)
      return said.error();
    for (const auto& route : best_of(**said)) {
      if (auto added = to.add(route); !added)
        return of_file(added.error());
      ++routes_;
    }
    return caf::none;
  }

  caf::error write_snapshots(const std::filesystem::path& folder) {
    auto pages = fetch_snapshot_pages(node_);
    if (!pages)
      return pages.error();
    for (const auto& page : *pages)
      for (auto summary : page->getSnapshots())
        if (auto error = write_snapshot(summary.getVersion().cStr(), folder))
          return error;
    return caf::none;
  }

  caf::error write_snapshot(const std::string& version, const std::filesystem::path& folder) {
    running_.now("Exporting snapshot " + version);
    auto snapshot = node_.ask<wire::Snapshot>({.path = "/snapshots/" + http::url_encode(version)});
    if (!snapshot)
      return snapshot.error();
    ++snapshots_;
    return write_text(folder / (version + ".json"), to_hartos(**snapshot));
  }

  caf::error write_baselines(const std::filesystem::path& folder) {
    return visit_baselines(node_, [&](wire::Baseline::Reader baseline) -> caf::error {
      auto agent = std::string{baseline.getPromptId().cStr()} + "_" + baseline.getFlowId().cStr();
      running_.now("Exporting baselines of " + agent);
      std::error_code failed;
      std::filesystem::create_directories(folder / agent, failed);
      if (failed)
        return fail_as(exit_status::file_failed, "cannot make " + (folder / agent).string() + ": " + failed.message());
      ++baselines_;
      return write_text(folder / agent / ("v" + std::to_string(baseline.getVersion()) + ".json"), to_hartos(baseline));
    });
  }

  /// Writes a whole file or none. ec::already_exists for another one unless it may be replaced.
  caf::error write_text(const std::filesystem::path& file, const std::string& text) const {
    if (!options_.force && std::filesystem::exists(file)) {
      auto present = read_file(file.string(), defaults::max_body_bytes);
      if (present && *present == text)
        return caf::none;
      return fail(ec::already_exists, file.string() + " is there already with other content; --force replaces it");
    }
    auto unfinished = file.string() + ".part";
    if (auto written = write_file(unfinished, text); !written)
      return written.error();
    std::error_code failed;
    std::filesystem::rename(unfinished, file, failed);
    return failed ? fail_as(exit_status::file_failed, "cannot write " + file.string() + ": " + failed.message())
                  : caf::error{};
  }

  const client& node_;
  const hartos_export_options& options_;
  progress running_;
  uint64_t records_ = 0;
  uint64_t first_ = 0; ///< the lowest number so far
  uint64_t last_ = 0;
  uint32_t routes_ = 0;
  uint32_t snapshots_ = 0;
  uint32_t baselines_ = 0;
};

void show(wire::HartosExport::Reader done, const std::string& directory, output& out) {
  out.line("Wrote " + std::to_string(done.getRecords()) + " task records, " + std::to_string(done.getRoutes()) +
           " hive routes and " + std::to_string(done.getSnapshots()) + " snapshots to " + directory + ", and " +
           std::to_string(done.getBaselines()) + " baselines of agents.");
  if (done.getErased() > 0)
    out.line(std::to_string(done.getErased()) +
             " older records are not kept any more: the node counts them in its statistics, HART OS will not.");
}

} // namespace

outcome export_hartos(session& s, const hartos_export_options& options) {
  auto answer = [&]() -> caf::expected<msg<wire::HartosExport>> {
    exporter exporting{s.node, options, s.set};
    if (auto error = exporting.run())
      return error;
    return exporting.answer();
  }();
  if (!answer)
    return answer.error();
  s.out.answer(*answer, [&] { show(**answer, options.directory, s.out); });
  return exit_status::done;
}

} // namespace hive::ctl
