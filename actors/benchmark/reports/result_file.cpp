#include "actors/benchmark/reports/result_file.hpp"

#include "actors/benchmark/reports/metric_map_report.hpp"
#include "actors/benchmark/reports/result_formats.hpp"
#include "actors/benchmark/reports/test_formats.hpp"
#include "actors/benchmark/reports/text_scanner.hpp"
#include "messages/ec.hpp"
#include "messages/json_text.hpp"
#include "messages/text.hpp"

#include <array>

namespace hive {
namespace {

using detail::result_metrics;
using detail::result_value;

struct named_format {
  const char* name;
  result_format format;
};

constexpr std::array format_names{named_format{"metrics", result_format::metrics},
                                  named_format{"pytest-benchmark", result_format::pytest_benchmark},
                                  named_format{"google-benchmark", result_format::google_benchmark},
                                  named_format{"hyperfine", result_format::hyperfine},
                                  named_format{"criterion", result_format::criterion},
                                  named_format{"junit", result_format::junit},
                                  named_format{"go", result_format::go}};

/// The file for error texts.
std::string shown(result_format format) {
  switch (format) {
  case result_format::metrics:
    return "the metrics file";
  case result_format::pytest_benchmark:
    return "pytest-benchmark's file";
  case result_format::google_benchmark:
    return "Google Benchmark's file";
  case result_format::hyperfine:
    return "hyperfine's file";
  case result_format::criterion:
    return "criterion's file";
  case result_format::junit:
    return "the JUnit file";
  case result_format::go:
    return "the output of go test -bench";
  }
  return "the result file";
}

bool has(json_members members, std::string_view name) {
  for (auto member : members)
    if (as_view(member.getName()) == name)
      return true;
  return false;
}

/// The format of a JSON document by members that the others do not have.
result_format detect_json(json_members members) {
  if (has(members, "benchmarks") && has(members, "machine_info"))
    return result_format::pytest_benchmark;
  if (has(members, "benchmarks") && has(members, "context"))
    return result_format::google_benchmark;
  if (has(members, "results") && members.size() == 1)
    return result_format::hyperfine;
  if ((has(members, "iters") && has(members, "times")) || (has(members, "mean") && has(members, "std_dev")))
    return result_format::criterion;
  return result_format::metrics;
}

bool looks_like_messages(std::string_view text) {
  for (auto line : lines_of(text))
    if (trim(line).starts_with("{\"reason\""))
      return true;
  return false;
}

bool looks_like_go_benchmarks(std::string_view text) {
  for (auto line : lines_of(text))
    if (line.starts_with("Benchmark") || line.starts_with("goos:") || line.starts_with("pkg:"))
      return true;
  return false;
}

/// Nothing when the text is in none of the formats.
std::optional<result_format> detect(std::string_view text) {
  if (detail::looks_like_xml(text))
    return result_format::junit;
  if (looks_like_messages(text))
    return result_format::criterion;
  if (!trim(text).starts_with('{'))
    return looks_like_go_benchmarks(text) ? std::optional{result_format::go} : std::nullopt;
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(text, scratch);
  // What is no JSON is refused by the reader, with the place.
  return members ? detect_json(*members) : result_format::metrics;
}

void read_json(std::string_view text, result_format format, result_metrics& out) {
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<capnp::JsonValue>();
  if (auto wrong = parse_json(text, root))
    return out.refuse(ec::malformed, "", "cannot be read: " + *wrong);
  result_value document{root.asReader(), "", out};
  if (format == result_format::pytest_benchmark)
    detail::read_pytest_benchmark(document, out);
  else if (format == result_format::google_benchmark)
    detail::read_google_benchmark(document, out);
  else if (format == result_format::hyperfine)
    detail::read_hyperfine(document, out);
  else
    detail::read_criterion_file(document, out);
}

void read_as(std::string_view text, result_format format, result_metrics& out) {
  if (format == result_format::junit)
    detail::read_junit_rates(text, out);
  else if (format == result_format::go)
    detail::read_go_benchmarks(text, out);
  else if (format == result_format::criterion && looks_like_messages(text))
    detail::read_criterion_messages(text, out);
  else
    read_json(text, format, out);
}

} // namespace

std::optional<result_format> parse_result_format(std::string_view name) {
  for (const auto& [known, format] : format_names)
    if (name == known)
      return format;
  return std::nullopt;
}

caf::expected<msg<wire::Measurement>> read_result_file(std::string_view bytes, std::string_view format) {
  if (bytes.size() > max_result_file_bytes)
    return fail(ec::too_large, "the result file has more than " + std::to_string(max_result_file_bytes) + " bytes");
  auto chosen = format.empty() ? detect(bytes) : parse_result_format(format);
  if (!chosen && !format.empty())
    return fail(ec::invalid, "\"" + printable(format) + "\" is no format of result files: these are metrics, " +
                               "pytest-benchmark, google-benchmark, hyperfine, criterion, junit and go");
  if (trim(bytes).empty())
    return fail(ec::no_data, "the result file is empty");
  if (!chosen)
    return fail(ec::malformed, "the result file is in no known format: it begins with \"" +
                                 printable(cut_text(trim(bytes), 40)) + "\"");
  if (*chosen == result_format::metrics)
    return read_metric_map(bytes);
  result_metrics out{shown(*chosen)};
  read_as(bytes, *chosen, out);
  return out.finish();
}

} // namespace hive
