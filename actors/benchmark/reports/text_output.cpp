#include "actors/benchmark/reports/test_formats.hpp"
#include "messages/ec.hpp"

#include <algorithm>

namespace hive::detail {
namespace {

/// Limit for the runs of one command. Each is searched for in all remaining text, so the number must be bounded.
constexpr size_t max_runs = 100;

constexpr const char* advice = "; let each command write a results file";

bool begins_run(std::string_view line) {
  return is_pytest_output(line) || begins_ctest(line);
}

caf::error refuse_rest(text_lines rest, test_format format) {
  if (format == test_format::ctest)
    return fail(ec::malformed, "the output of ctest is not complete: there is no summary");
  if (std::any_of(rest.begin(), rest.end(), is_pytest_output))
    return fail(ec::process_failed, "pytest ended without its summary: the output does not end with it");
  return fail(ec::malformed, "the output does not end with a summary of pytest or ctest");
}

/// Reads run by run. Text between two runs is ignored, unless it is an incomplete run.
class reader {
public:
  reader(text_lines lines, test_format format) : lines_{lines}, format_{format} {
  }

  caf::expected<test_results> read() {
    size_t at = 0;
    while (at < lines_.size()) {
      auto rest = lines_.subspan(at);
      auto run = next(rest);
      if (!run)
        return run.error();
      auto begin = std::find_if(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(run->end), begins_run);
      if (auto* other = other_results(rest.first(static_cast<size_t>(begin - rest.begin()))))
        return fail(ec::malformed, "the output holds " + std::string{other} + " beside a summary" + advice);
      at += run->end;
      if (runs_.size() == max_runs)
        return fail(ec::too_large, "the output holds more than " + std::to_string(max_runs) + " runs" + advice);
      runs_.push_back(std::move(*run));
    }
    return add();
  }

private:
  /// The first run in `rest`.
  caf::expected<text_run> next(text_lines rest) {
    auto ctest = format_ == test_format::pytest ? rest.end() : std::find_if(rest.begin(), rest.end(), begins_ctest);
    auto before = rest.first(static_cast<size_t>(ctest - rest.begin()));
    bool has_pytest = format_ != test_format::ctest && !before.empty();
    if (has_pytest) {
      // A pytest test may print ctest output, so pytest's run is searched for in all of the text.
      auto run = read_pytest_run(rest);
      bool begins_before =
        std::any_of(before.begin(), before.end(), is_pytest_output) || (run && run->end <= before.size());
      if (run && (begins_before || ctest == rest.end()))
        return run;
      if (!run && (begins_before || ctest == rest.end()))
        return ctest == rest.end() && code_of(run.error()) == ec::malformed && !ends_as_pytest(rest)
                 ? refuse_rest(rest, format_)
                 : run.error();
    }
    if (ctest == rest.end())
      return refuse_rest(rest, format_);
    auto run = read_ctest_run(rest.subspan(before.size()));
    if (!run)
      return run;
    run->end += before.size();
    return run;
  }

  caf::expected<test_results> add() const {
    test_results out;
    for (const auto& run : runs_) {
      if (runs_.size() > 1 && run.results.counts == test_counts{})
        return fail(ec::no_data, "one of " + std::to_string(runs_.size()) + " runs had no test to run");
      if (runs_.size() > 1 && !run.sure)
        return fail(ec::malformed, "the output holds " + std::to_string(runs_.size()) +
                                     " summaries, and not each can be told from what a test printed" +
                                     std::string{advice});
      if (!out.add(run.results))
        return fail(ec::malformed, "the output reports more tests than can be counted");
    }
    return out;
  }

  text_lines lines_;
  test_format format_;
  std::vector<text_run> runs_;
};

} // namespace

bool holds_text_results(text_lines lines) {
  auto is_text_result = [](const std::string_view& line) {
    return is_pytest_output(line) || begins_ctest(line) || ends_as_pytest({&line, 1});
  };
  return std::any_of(lines.begin(), lines.end(), is_text_result);
}

const char* other_results(text_lines lines) {
  if (looks_like_tap(lines))
    return "TAP";
  if (looks_like_go(lines))
    return "events of go test";
  return std::any_of(lines.begin(), lines.end(), looks_like_xml) ? "XML" : nullptr;
}

caf::expected<test_results> read_text(text_lines lines, std::optional<int> exit_status, test_format format) {
  if (exit_status && (format == test_format::pytest || ends_as_pytest(lines)))
    if (auto error = refuse_pytest_status(*exit_status))
      return error;
  if (lines.empty())
    return fail(ec::malformed, "the output is empty");
  return reader{lines, format}.read();
}

} // namespace hive::detail
