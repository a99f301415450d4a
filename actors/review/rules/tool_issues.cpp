#include "actors/review/rules/tool_issues.hpp"

#include "actors/benchmark/reports/text_scanner.hpp"
#include "actors/process/run_report.hpp"

#include <charconv>
#include <optional>

namespace hive::review {
namespace {

constexpr size_t max_path_bytes = 1'024;
/// What `printable_tail` puts before a text that it cuts.
constexpr size_t mark_bytes = 3;

std::string shown(std::string_view text) {
  return printable_tail(text, max_issue_bytes - mark_bytes);
}

/// Whether a path can be one of the checkout, in a form that reports can name.
bool is_inner(std::string_view path) {
  return !path.empty() && path.size() <= max_path_bytes && path.front() != '/' && path.front() != ' ' &&
         path.find("..") == std::string_view::npos && path.find_first_of("\"'<>|") == std::string_view::npos &&
         printable_tail(path, max_path_bytes) == path;
}

std::optional<tool_issue> read_issue(std::string_view line) {
  auto colon = line.find(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto path = line.substr(0, colon);
  for (std::string_view root : {"./", "/src/"})
    if (path.starts_with(root))
      path.remove_prefix(root.size());
  tool_issue out;
  auto rest = line.substr(colon + 1);
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out.line);
  bool is_place = error == std::errc{} && out.line > 0 && end != rest.data() + rest.size() && *end == ':';
  if (!is_place || !is_inner(path))
    return std::nullopt;
  out.path = path;
  out.output = shown(line);
  return out;
}

} // namespace

void read_issues(std::string_view output, check_result& out) {
  auto plain = without_escapes(output);
  for (auto line : lines_of(plain)) {
    auto issue = read_issue(line);
    if (!issue)
      continue;
    ++out.issue_count;
    if (out.issues.size() < max_issues)
      out.issues.push_back(std::move(*issue));
  }
  if (out.issue_count > 0)
    return;
  out.issue_count = 1;
  auto text = shown(trim(plain));
  out.issues.push_back({text.empty() ? "(it printed nothing)" : text, {}, 0});
}

} // namespace hive::review
