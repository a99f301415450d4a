#include "actors/benchmark/reports/test_formats.hpp"
#include "actors/benchmark/reports/test_tally.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <map>
#include <string>
#include <vector>

namespace hive::detail {
namespace {

/// Events are flat; a few more levels are tolerated.
constexpr size_t max_event_nesting = 8;

/// One line of `go test -json`, as documented by `go doc test2json`.
struct go_event {
  std::string action;
  std::string package;
  std::string test; ///< empty: concerns the whole package
  std::string output;
};

std::string text_of(capnp::JsonValue::Reader value) {
  return value.isString() ? std::string{value.getString().begin(), value.getString().size()} : std::string{};
}

std::optional<go_event> parse_event(std::string_view line) {
  if (!line.starts_with('{') || !is_utf8(line))
    return std::nullopt;
  try {
    capnp::MallocMessageBuilder scratch;
    auto document = scratch.initRoot<capnp::JsonValue>();
    capnp::JsonCodec json;
    json.setMaxNestingDepth(max_event_nesting);
    json.decodeRaw(kj::arrayPtr(line.data(), line.size()), document);
    if (!document.isObject())
      return std::nullopt;
    go_event out;
    for (auto field : document.asReader().getObject()) {
      std::string_view name{field.getName().begin(), field.getName().size()};
      if (name == "Action")
        out.action = text_of(field.getValue());
      else if (name == "Package")
        out.package = text_of(field.getValue());
      else if (name == "Test")
        out.test = text_of(field.getValue());
      else if (name == "Output")
        out.output = text_of(field.getValue());
    }
    return out.action.empty() ? std::nullopt : std::optional{std::move(out)};
  } catch (const kj::Exception&) {
    return std::nullopt; // a line printed by something else
  }
}

caf::error malformed(const std::string& what) {
  return fail(ec::malformed, "the output of go test -json " + what);
}

/// State of one test or package.
struct state {
  bool running = false;
  std::optional<test_outcome> outcome;
  uint32_t runs = 0;
};

/// Printed by a package after all its tests ended and some failed; a crashed package does not get this far.
constexpr std::string_view last_word = "FAIL\n";

struct package_state {
  state own;
  bool came_to_its_end = false;
  std::map<std::string, state> tests;
};

class reader {
public:
  caf::error read(text_lines lines) {
    for (auto line : lines) {
      if (auto event = parse_event(line))
        take(*event);
      else if (line.starts_with("FAIL") || line.starts_with('{'))
        return fail(ec::process_failed, "go test says beside its events: " + shown_name(line));
    }
    if (!open_.empty())
      return fail(ec::process_failed, "go test did not end package " + shown_name(open_.begin()->first));
    for (const auto& [name, package] : ended_)
      if (auto error = check(name, package))
        return error;
    return ended_.empty() ? malformed("holds no event") : caf::error{};
  }

  test_results results() const {
    test_tally tally;
    uint32_t repeated = 0;
    for (const auto& [name, package] : ended_)
      for (const auto& [test, known] : package.tests)
        if (!is_told_by_subtests(package, test)) {
          tally.record_single(*known.outcome, name + "." + test);
          repeated += known.runs > 1;
        }
    auto out = tally.results("go test -json");
    out.repeated = repeated;
    return out;
  }

private:
  void take(const go_event& event) {
    auto& package = open_[event.package];
    auto& about = event.test.empty() ? package.own : package.tests[event.test];
    package.came_to_its_end |= event.test.empty() && event.output == last_word;
    if (event.action == "run" || event.action == "start") {
      about.running = true;
    } else if (auto outcome = outcome_of(event.action)) {
      about.running = false;
      about.outcome = outcome;
      ++about.runs;
      // Later tests of this name belong to another run.
      if (event.test.empty())
        ended_.emplace_back(event.package, std::move(open_.extract(event.package).mapped()));
    }
  }

  static std::optional<test_outcome> outcome_of(std::string_view action) {
    if (action == "pass" || action == "bench")
      return test_outcome::passed;
    if (action == "fail")
      return test_outcome::failed;
    if (action == "skip")
      return test_outcome::skipped;
    return std::nullopt;
  }

  /// A test with subtests is represented by them, unless it failed and none of them did.
  static bool is_told_by_subtests(const package_state& package, const std::string& test) {
    auto prefix = test + "/";
    bool any = false;
    for (auto at = package.tests.lower_bound(prefix); at != package.tests.end() && at->first.starts_with(prefix);
         ++at) {
      any = true;
      if (at->second.outcome == test_outcome::failed)
        return true;
    }
    return any && package.tests.at(test).outcome != test_outcome::failed;
  }

  static caf::error check(const std::string& name, const package_state& package) {
    bool any_failed = false;
    for (const auto& [test, known] : package.tests) {
      if (known.running || !known.outcome)
        return fail(ec::process_failed, "go test did not end " + shown_name(name + "." + test));
      any_failed |= known.outcome == test_outcome::failed;
    }
    bool failed = package.own.outcome == test_outcome::failed;
    if (failed && (!any_failed || !package.came_to_its_end))
      return fail(ec::process_failed, "package " + shown_name(name) +
                                        " did not run all its tests: it could not be "
                                        "built, crashed or was stopped");
    if (!failed && any_failed)
      return malformed("says that package " + shown_name(name) + " passed, but a test of it failed");
    return caf::none;
  }

  std::map<std::string, package_state> open_;
  std::vector<std::pair<std::string, package_state>> ended_;
};

} // namespace

bool looks_like_go(text_lines lines) {
  for (auto line : lines)
    if (auto event = parse_event(line))
      return !event->package.empty();
  return false;
}

caf::expected<test_results> read_go(text_lines lines) {
  reader out;
  if (auto error = out.read(lines))
    return error;
  return out.results();
}

} // namespace hive::detail
