#include "actors/benchmark/reports/result_file.hpp"
#include "actors/benchmark/reports/result_formats.hpp"
#include "actors/benchmark/reports/text_scanner.hpp"
#include "messages/ec.hpp"
#include "messages/json_text.hpp"

#include <deque>

namespace hive::detail {
namespace {

/// The unit of all files of criterion.
constexpr const char* file_unit = "ns";

/// What one run of a benchmark works on.
struct throughput {
  double per_iteration = 0;
  std::string what; ///< `B` or `elements`
};

/// The time of one iteration in each sample, from the total times of samples of several.
std::vector<double> times_per_iteration(const result_value& iterations, const result_value& times) {
  auto counts = iterations.numbers();
  auto totals = times.numbers();
  if (counts.size() != totals.size()) {
    times.refuse("has " + std::to_string(totals.size()) + " times for " + std::to_string(counts.size()) + " samples");
    return {};
  }
  for (size_t i = 0; i < counts.size(); ++i) {
    if (!(counts[i] > 0)) {
      iterations.refuse("has a sample of no iteration");
      return {};
    }
    totals[i] /= counts[i];
  }
  return totals;
}

void add_throughput(const std::string& name, const throughput& each, std::string_view unit,
                    const std::vector<double>& times, const std::string& place, result_metrics& out) {
  std::vector<double> rates;
  for (auto time : times) {
    auto ms = to_ms(time, unit);
    if (!ms || !(*ms > 0))
      return; // a time of 0 has no rate, and another unit was refused with the time
    rates.push_back(each.per_iteration / *ms * 1e3);
  }
  out.add(name + ".throughput", each.what + "/s", wire::Direction::HIGHER, rates, place);
}

std::vector<double> times_of_file(const result_value& root) {
  if (root.has("iters"))
    return times_per_iteration(root.at("iters"), root.at("times"));
  return {root.at("mean").at("point_estimate").number()};
}

/// The throughput of a benchmark.json, `{"Bytes": n}` or `{"Elements": n}`.
std::optional<throughput> throughput_of_file(const result_value& root) {
  if (!root.has("throughput"))
    return std::nullopt;
  auto given = root.at("throughput");
  for (const char* bytes : {"Bytes", "BytesDecimal"})
    if (given.has(bytes))
      return throughput{given.at(bytes).number(), "B"};
  if (given.has("Elements"))
    return throughput{given.at("Elements").number(), "elements"};
  return std::nullopt;
}

void read_message(const result_value& message, result_metrics& out) {
  if (message.at("reason").text() != "benchmark-complete")
    return;
  auto id = message.at("id").text();
  auto unit = message.at("unit").text();
  auto times = times_per_iteration(message.at("iteration_count"), message.at("measured_values"));
  out.add_time(id, unit, times, message.place());
  if (out.refused() || !message.has("throughput"))
    return;
  for (const auto& each : message.at("throughput").elements()) {
    auto what = each.at("unit").text();
    return add_throughput(id, {each.at("per_iteration").number(), what == "bytes" ? "B" : what}, unit, times,
                          each.place(), out);
  }
}

/// The files of one benchmark, as far as they are there.
struct benchmark_files {
  std::string place;
  std::optional<result_value> benchmark;
  std::optional<result_value> estimates;
  std::optional<result_value> sample;
};

void read_benchmark(const benchmark_files& files, result_metrics& out) {
  const auto& measured = files.sample ? files.sample : files.estimates;
  if (!measured)
    return out.refuse(ec::malformed, files.place, "has neither sample.json nor estimates.json");
  auto name = files.benchmark ? files.benchmark->at("full_id").text() : files.place;
  auto times = times_of_file(*measured);
  out.add_time(name, file_unit, times, files.place);
  if (out.refused() || !files.benchmark)
    return;
  if (auto each = throughput_of_file(*files.benchmark))
    add_throughput(name, *each, file_unit, times, files.place, out);
}

/// The path of the benchmark and the name of a file in its folder `new`.
std::optional<std::pair<std::string, std::string>> split(std::string_view path) {
  constexpr std::string_view folder = "new";
  auto name = path.rfind('/');
  if (name == std::string_view::npos)
    return std::nullopt;
  auto directory = path.substr(0, name);
  if (directory != folder && !directory.ends_with("/new"))
    return std::nullopt;
  auto benchmark = directory.substr(0, directory.size() - folder.size());
  if (benchmark.ends_with('/'))
    benchmark.remove_suffix(1);
  return std::pair{benchmark.empty() ? std::string{"time"} : std::string{benchmark},
                   std::string{path.substr(name + 1)}};
}

} // namespace

void read_criterion_file(const result_value& root, result_metrics& out) {
  out.add_time("time", file_unit, times_of_file(root), "");
}

void read_criterion_messages(std::string_view text, result_metrics& out) {
  size_t number = 0;
  while (!text.empty() && !out.refused()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    if (!trim(line).starts_with('{'))
      continue; // cargo's own output
    auto place = "line " + std::to_string(number);
    capnp::MallocMessageBuilder scratch;
    auto root = scratch.initRoot<capnp::JsonValue>();
    if (auto wrong = parse_json(line, root))
      return out.refuse(ec::malformed, place, "cannot be read: " + *wrong);
    read_message({root.asReader(), place, out}, out);
  }
}

} // namespace hive::detail

namespace hive {

caf::expected<msg<wire::Measurement>> read_criterion_files(std::span<const criterion_file> files) {
  detail::result_metrics out{"criterion's folder"};
  size_t bytes = 0;
  for (const auto& file : files)
    bytes += file.bytes.size();
  if (files.size() > max_criterion_files || bytes > max_result_file_bytes)
    return fail(ec::too_large, "criterion's folder has more than " + std::to_string(max_criterion_files) +
                                 " files or " + std::to_string(max_result_file_bytes) + " bytes of results");
  std::map<std::string, detail::benchmark_files> benchmarks;
  std::deque<capnp::MallocMessageBuilder> documents; // the values below are views into these
  for (const auto& file : files) {
    auto parts = detail::split(file.path);
    if (!parts)
      continue;
    const auto& [path, name] = *parts;
    auto& benchmark = benchmarks[path];
    benchmark.place = path;
    auto* into = name == "benchmark.json"   ? &benchmark.benchmark
                 : name == "estimates.json" ? &benchmark.estimates
                 : name == "sample.json"    ? &benchmark.sample
                                            : nullptr;
    if (!into)
      continue;
    auto root = documents.emplace_back().initRoot<capnp::JsonValue>();
    if (auto wrong = parse_json(file.bytes, root))
      return fail(ec::malformed, "criterion's file " + file.path + " cannot be read: " + *wrong);
    into->emplace(root.asReader(), file.path, out);
  }
  for (const auto& [path, benchmark] : benchmarks)
    detail::read_benchmark(benchmark, out);
  return out.finish();
}

} // namespace hive
