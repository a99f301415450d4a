#include "actors/benchmark/reports/test_formats.hpp"
#include "actors/benchmark/reports/test_tally.hpp"
#include "actors/benchmark/reports/text_scanner.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace hive::detail {
namespace {

/// Limit for nested subtests; no runner writes more than a few levels.
constexpr size_t max_depth = 64;

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

enum class directive : uint8_t { none, skip, todo };

/// `not ok 3 - description # TODO reason`.
struct test_point {
  bool ok = false;
  std::optional<uint32_t> number;
  std::string_view description;
  directive mark = directive::none;
  bool opens_block = false; ///< ends with `{`: its subtests follow in braces
};

directive take_directive(std::string_view& description) {
  for (size_t at = description.find('#'); at != std::string_view::npos; at = description.find('#', at + 1)) {
    if (at > 0 && description[at - 1] == '\\')
      continue;
    auto rest = trim(description.substr(at + 1));
    auto word = rest.substr(0, rest.find_first_of(" \t:"));
    auto mark = word.size() >= 4 && equal_ignoring_case(word.substr(0, 4), "skip") ? directive::skip
                : equal_ignoring_case(word, "todo")                                ? directive::todo
                                                                                   : directive::none;
    if (mark == directive::none)
      continue;
    description = trim(description.substr(0, at));
    return mark;
  }
  return directive::none;
}

std::optional<test_point> parse_point(std::string_view text) {
  text_scanner line{text};
  test_point out;
  out.ok = !line.take("not ");
  if (!line.take("ok") || !(line.done() || line.rest().starts_with(' ')))
    return std::nullopt;
  line.take_all(" ");
  auto before = line.rest();
  out.number = line.take_number();
  if (out.number && !(line.done() || line.rest().starts_with(' '))) { // a description that starts with a digit
    out.number.reset();
    line = text_scanner{before};
  }
  line.take_all(" ");
  line.take("- ");
  out.description = trim(line.rest());
  if (out.description.ends_with('{') && (out.description.size() == 1 || out.description.ends_with(" {"))) {
    out.opens_block = true;
    out.description = trim(out.description.substr(0, out.description.size() - 1));
  }
  out.mark = take_directive(out.description);
  out.description = out.description.substr(0, out.description.find(" # time=")); // added by vitest
  return out;
}

/// `1..4`, possibly with a reason to skip all tests.
std::optional<uint32_t> parse_plan(std::string_view text) {
  text_scanner line{text};
  if (!line.take("1.."))
    return std::nullopt;
  auto count = line.take_number();
  line.take_all(" ");
  return count && (line.done() || line.rest().starts_with('#')) ? count : std::nullopt;
}

bool is_version(std::string_view line) {
  return line.starts_with("TAP version ");
}

size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

caf::error malformed(const std::string& what) {
  return fail(ec::malformed, "the TAP output " + what);
}

/// One document, or the subtests of one test.
struct level {
  size_t indent = 0;
  std::optional<uint32_t> plan;
  bool plan_first = false; ///< the plan preceded the first test
  uint32_t points = 0;
  std::set<uint32_t> numbers;
  std::vector<std::pair<std::string, bool>> tests; ///< tests without subtests: name, and whether it failed
  size_t skipped = 0;                              ///< number of tests not in `tests`
  std::vector<std::string> skipped_names;          ///< their names

  bool complete() const {
    return plan && *plan == points;
  }
};

class reader {
public:
  caf::error read(text_lines lines) {
    for (auto line : lines)
      if (auto error = take(line))
        return error;
    if (stack_.empty())
      return malformed("holds no test");
    while (stack_.size() > 1)
      if (auto error = close_level())
        return error;
    return end_document();
  }

  test_results results() const {
    return total_;
  }

private:
  caf::error take(std::string_view line) {
    auto indent = indent_of(line);
    auto text = trim(line);
    if (in_yaml_) {
      if (indent < yaml_indent_)
        return malformed("holds a YAML block without an end");
      in_yaml_ = !(text == "..." && indent == yaml_indent_);
      return caf::none;
    }
    if (text == "---" && indent > 0) {
      in_yaml_ = true;
      yaml_indent_ = indent;
      return caf::none;
    }
    if (indent == 0 && text.starts_with("Bail out!"))
      return fail(ec::process_failed, "the tests gave up: " + shown_name(text));
    if (text == "}" && !opened_.empty())
      return close_braces();
    if (text.starts_with('#'))
      return take_comment(text, indent);
    auto point = parse_point(text);
    auto plan = point ? std::nullopt : parse_plan(text);
    if (!point && !plan && !is_version(text))
      return caf::none; // output of tests is not part of TAP
    if (auto error = go_to(indent))
      return error;
    if (point)
      return take_point(*point);
    return plan ? take_plan(*plan) : take_version();
  }

  /// Makes the level with this indentation current. Ended levels wait for the point that summarises them.
  caf::error go_to(size_t indent) {
    if (stack_.empty())
      stack_.push_back({});
    while (indent < stack_.back().indent && stack_.size() > 1)
      if (auto error = close_level())
        return error;
    if (indent > stack_.back().indent) {
      if (stack_.size() == max_depth)
        return malformed("nests subtests more than " + std::to_string(max_depth) + " deep");
      level next;
      next.indent = indent;
      stack_.push_back(std::move(next));
    }
    return caf::none;
  }

  /// Ends the subtests: their test was reported before (in braces) or comes next.
  caf::error close_level() {
    auto inner = std::move(stack_.back());
    stack_.pop_back();
    if (inner.points == 0 && !inner.plan)
      return caf::none;
    if (auto error = check_plan(inner))
      return error;
    if (pending_)
      return malformed("holds subtests of no test");
    pending_ = std::move(inner);
    if (opened_.empty() || opened_.back().first != stack_.size())
      return caf::none;
    auto parent = std::move(opened_.back().second);
    opened_.pop_back();
    return add_parent(parent.ok, parent.mark, parent.name);
  }

  /// `}`: ends the subtests in braces.
  caf::error close_braces() {
    auto open = opened_.size();
    while (opened_.size() == open && stack_.size() > opened_.back().first)
      if (auto error = close_level())
        return error;
    if (opened_.size() < open)
      return caf::none;
    auto alone = std::move(opened_.back().second);
    opened_.pop_back();
    add_leaf(alone.ok, alone.mark, alone.name);
    return caf::none;
  }

  static caf::error check_plan(const level& of) {
    if (!of.plan)
      return malformed("has no plan: its tests did not run to their end");
    if (of.plan == of.points)
      return caf::none;
    return malformed("holds " + std::to_string(of.points) + " tests, but " + std::to_string(*of.plan) +
                     " were planned");
  }

  caf::error take_version() {
    return stack_.size() == 1 ? begin_document() : caf::none;
  }

  caf::error take_plan(uint32_t count) {
    if (count > max_tests)
      return malformed("plans more tests than can be counted");
    if (stack_.size() == 1 && stack_.back().plan)
      if (auto error = begin_document())
        return error;
    auto& here = stack_.back();
    if (here.plan)
      return malformed("holds two plans");
    here.plan = count;
    here.plan_first = here.points == 0;
    return caf::none;
  }

  caf::error take_point(const test_point& point) {
    // A complete document is followed by another one.
    if (stack_.size() == 1 && stack_.back().complete() && !stack_.back().plan_first)
      if (auto error = begin_document())
        return error;
    auto& here = stack_.back();
    ++here.points;
    if (point.number && !here.numbers.insert(*point.number).second)
      return malformed("holds test number " + std::to_string(*point.number) + " twice");
    std::string name{point.description};
    if (pending_)
      return add_parent(point.ok, point.mark, name);
    if (point.opens_block) {
      opened_.push_back({stack_.size(), {point.ok, point.mark, name}});
      return caf::none;
    }
    add_leaf(point.ok, point.mark, name);
    return caf::none;
  }

  void add_leaf(bool ok, directive mark, const std::string& name) {
    auto& here = stack_.back();
    todo_failures_ += mark == directive::todo && !ok;
    if (mark == directive::none)
      here.tests.emplace_back(name, !ok);
    else {
      ++here.skipped;
      here.skipped_names.push_back(name);
    }
  }

  /// The point that summarises `pending_`. Its subtests count instead, unless it failed and none of them did.
  caf::error add_parent(bool ok, directive mark, const std::string& name) {
    auto inner = std::move(*pending_);
    pending_.reset();
    auto& here = stack_.back();
    if (mark != directive::none) {
      todo_failures_ += mark == directive::todo && !ok;
      here.skipped += inner.skipped + inner.tests.size();
      here.skipped_names.push_back(name);
      return caf::none;
    }
    here.skipped += inner.skipped;
    for (const auto& title : inner.skipped_names)
      here.skipped_names.push_back(name.empty() ? title : name + " > " + title);
    bool any_failed = false;
    for (auto& [title, failed] : inner.tests) {
      any_failed |= failed;
      here.tests.emplace_back(name.empty() ? title : name + " > " + title, failed);
    }
    if (!ok && !any_failed)
      here.tests.emplace_back(name, true);
    return caf::none;
  }

  caf::error begin_document() {
    auto& here = stack_.front();
    if (here.points > 0 || here.plan)
      return end_document();
    return caf::none;
  }

  caf::error end_document() {
    if (pending_ || !opened_.empty())
      return malformed("holds subtests of no test");
    auto& here = stack_.front();
    if (auto error = check_plan(here))
      return error;
    test_tally tally;
    for (const auto& [name, failed] : here.tests)
      tally.record_single(failed ? test_outcome::failed : test_outcome::passed, name);
    auto results = tally.results("TAP output");
    for (const auto& name : here.skipped_names)
      if (results.tests.size() < max_named_tests)
        results.tests.push_back({shown_name(name), {}, test_outcome::skipped});
    results.counts.skipped = static_cast<uint32_t>(here.skipped);
    results.last = results.counts;
    // Some runners count to-do failures, others do not.
    bool agrees = !told_failures_ ||
                  (*told_failures_ == 0 ? results.counts.failed == 0 : results.counts.failed + todo_failures_ > 0);
    if (!agrees)
      return malformed("says # fail " + std::to_string(*told_failures_) + ", but holds " +
                       std::to_string(results.counts.failed) + " failed tests");
    told_failures_.reset();
    todo_failures_ = 0;
    stack_ = {level{}};
    return total_.add(results) ? caf::none : malformed("holds more tests than can be counted");
  }

  /// `# fail 2`, the last lines of node --test, tape and mocha.
  caf::error take_comment(std::string_view text, size_t indent) {
    text_scanner line{text};
    if (indent > 0 || !line.take("# fail "))
      return caf::none;
    line.take_all(" ");
    auto count = line.take_number();
    if (count && line.done())
      told_failures_ = *count;
    return caf::none;
  }

  /// A test reported before its subtests.
  struct open_parent {
    bool ok;
    directive mark;
    std::string name;
  };

  std::vector<level> stack_;
  std::optional<level> pending_; ///< subtests whose test comes next
  std::vector<std::pair<size_t, open_parent>> opened_;
  std::optional<uint32_t> told_failures_;
  size_t todo_failures_ = 0;
  test_results total_;
  size_t yaml_indent_ = 0;
  bool in_yaml_ = false;
};

} // namespace

bool looks_like_tap(text_lines lines) {
  if (auto first = lines.empty() ? std::nullopt : parse_point(lines.front()); first && first->number)
    return true;
  for (auto line : lines)
    if (is_version(line) || parse_plan(line))
      return true;
  return false;
}

bool ends_as_passed_tap(text_lines lines) {
  auto last = lines.empty() ? std::nullopt : parse_point(trim(lines.back()));
  return last && last->ok && last->mark == directive::none;
}

caf::expected<test_results> read_tap(text_lines lines) {
  reader out;
  if (auto error = out.read(lines))
    return error;
  return out.results();
}

} // namespace hive::detail
