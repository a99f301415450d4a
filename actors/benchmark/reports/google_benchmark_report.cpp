#include "actors/benchmark/reports/result_formats.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <array>

namespace hive::detail {
namespace {

/// Members of an entry that are no counters of the benchmark's own.
constexpr std::array known_members{"family_index",     "per_family_instance_index",
                                   "repetitions",      "repetition_index",
                                   "threads",          "iterations",
                                   "real_time",        "cpu_time",
                                   "bytes_per_second", "items_per_second"};

/// All repetitions of one benchmark, in their order.
struct repetitions {
  std::string name;
  std::string place;
  std::string unit;
  std::vector<double> times;
  std::vector<double> bytes_per_second;
  std::vector<double> items_per_second;
};

class reader {
public:
  explicit reader(result_metrics& out) : out_{out} {
  }

  void read(const result_value& entry) {
    auto name = entry.at("name").text();
    if (entry.is_true("error_occurred"))
      return entry.refuse("is the failed benchmark \"" + name + "\"" +
                            (entry.has("error_message") ? ": " + entry.at("error_message").text() : ""),
                          ec::process_failed);
    if (entry.is_true("skipped"))
      return out_.remark("skipped: " + name);
    bool is_aggregate = entry.has("run_type") && entry.at("run_type").text() == "aggregate";
    if (is_aggregate && entry.at("aggregate_name").text() != "mean")
      return; // medians, deviations and complexities follow from the runs
    auto run = entry.has("run_name") ? entry.at("run_name").text() : name;
    add(entry, run, is_aggregate ? means_ : runs_);
  }

  void finish() {
    for (const auto& run : runs_)
      report(run);
    for (const auto& mean : means_)
      if (std::none_of(runs_.begin(), runs_.end(), [&](const auto& run) { return run.name == mean.name; }))
        report(mean);
  }

private:
  /// Repetitions follow each other unless they are interleaved; the newest is looked at first.
  static repetitions& of_name(std::vector<repetitions>& list, const std::string& name, const std::string& place) {
    auto found = std::find_if(list.rbegin(), list.rend(), [&](const auto& run) { return run.name == name; });
    return found != list.rend() ? *found : list.emplace_back(repetitions{name, place, {}, {}, {}, {}});
  }

  void add(const result_value& entry, const std::string& name, std::vector<repetitions>& list) {
    auto& to = of_name(list, name, entry.place());
    auto unit = entry.has("time_unit") ? entry.at("time_unit").text() : "ns";
    if (!to.unit.empty() && to.unit != unit)
      return entry.refuse("has repetitions of \"" + name + "\" in " + to.unit + " and in " + unit);
    to.unit = unit;
    to.times.push_back(entry.at("real_time").number());
    if (entry.has("bytes_per_second"))
      to.bytes_per_second.push_back(entry.at("bytes_per_second").number());
    if (entry.has("items_per_second"))
      to.items_per_second.push_back(entry.at("items_per_second").number());
    for (const auto& [member, value] : entry.members())
      if (value.is_number() && std::find(known_members.begin(), known_members.end(), member) == known_members.end())
        out_.leave_out("counter " + member);
  }

  void report(const repetitions& run) {
    out_.add_time(run.name, run.unit, run.times, run.place);
    if (!run.bytes_per_second.empty())
      out_.add(run.name + ".bytes_per_second", "B/s", wire::Direction::HIGHER, run.bytes_per_second, run.place);
    if (!run.items_per_second.empty())
      out_.add(run.name + ".items_per_second", "items/s", wire::Direction::HIGHER, run.items_per_second, run.place);
  }

  result_metrics& out_;
  std::vector<repetitions> runs_;
  std::vector<repetitions> means_; ///< all that a run with --benchmark_report_aggregates_only writes
};

} // namespace

void read_google_benchmark(const result_value& root, result_metrics& out) {
  reader one{out};
  for (const auto& entry : root.at("benchmarks").elements()) {
    if (out.refused())
      return;
    one.read(entry);
  }
  one.finish();
  if (root.has("context") && root.at("context").has("library_build_type") &&
      root.at("context").at("library_build_type").text() == "debug")
    out.remark("the benchmark library was built for debugging");
}

} // namespace hive::detail
