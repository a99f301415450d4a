#include "actors/benchmark/reports/result_formats.hpp"
#include "actors/benchmark/reports/text_scanner.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <span>

namespace hive::detail {
namespace {

constexpr std::string_view prefix = "Benchmark";
constexpr std::string_view blanks = " \t";

/// One measured quantity of a line.
struct quantity {
  double value;
  std::string_view unit;
};

/// A line of one run.
struct bench_line {
  std::string package;
  std::string name;
  std::vector<quantity> quantities;
};

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  while (true) {
    auto begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos)
      return out;
    line.remove_prefix(begin);
    auto word = line.substr(0, line.find_first_of(blanks));
    out.push_back(word);
    line.remove_prefix(word.size());
  }
}

std::optional<double> number_in(std::string_view word) {
  double value = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size())
    return std::nullopt;
  return value;
}

/// `N value unit value unit …`, as it follows the name; nothing when the words are something else.
std::optional<std::vector<quantity>> quantities_in(std::span<const std::string_view> words) {
  if (words.size() < 3 || words.size() % 2 == 0 || !number_in(words[0]))
    return std::nullopt;
  std::vector<quantity> out;
  for (size_t i = 1; i < words.size(); i += 2) {
    auto value = number_in(words[i]);
    if (!value)
      return std::nullopt;
    out.push_back({*value, words[i + 1]});
  }
  return out;
}

/// Whether a word can be a benchmark's name: `Benchmark` and no lower-case letter after it, as go wants it.
bool is_name(std::string_view word) {
  return word.starts_with(prefix) &&
         (word.size() == prefix.size() || !(word[prefix.size()] >= 'a' && word[prefix.size()] <= 'z'));
}

/// The `-8` that go adds for GOMAXPROCS, or nothing.
std::string_view procs_of(std::string_view name) {
  auto dash = name.rfind('-');
  if (dash == std::string_view::npos || dash + 1 == name.size())
    return {};
  auto digits = name.substr(dash + 1);
  return digits.find_first_not_of("0123456789") == std::string_view::npos ? name.substr(dash) : std::string_view{};
}

class reader {
public:
  explicit reader(result_metrics& out) : out_{out} {
  }

  void read(std::string_view text) {
    for (auto line : lines_of(text)) {
      if (out_.refused())
        return;
      read_line(line);
    }
    if (!pending_.empty())
      out_.refuse(ec::malformed, pending_, "has no result: the run did not end");
    else if (!lines_.empty() && !ended_)
      out_.refuse(ec::malformed, "", "does not end with PASS or ok: the run did not end");
  }

  void report() {
    auto procs = common_procs();
    for (const auto& line : lines_) {
      auto name = line.name.substr(0, line.name.size() - procs.size());
      if (has_several_packages())
        name = line.package + "." + name;
      for (const auto& each : line.quantities)
        report(name, each);
    }
  }

private:
  void read_line(std::string_view line) {
    auto words = words_of(line);
    if (words[0] == "pkg:" && words.size() > 1)
      package_ = words[1];
    else if (words[0] == "FAIL" || words[0].starts_with("panic:") || line.starts_with("--- FAIL") ||
             trim(line).starts_with("--- FAIL"))
      out_.refuse(ec::process_failed, "", "tells of a failure: " + printable(cut_text(line, 200)));
    else if (words[0] == "PASS" || words[0] == "ok")
      ended_ = true;
    else if (trim(line).starts_with("--- SKIP: "))
      skip(words);
    else if (is_name(words[0]))
      read_named(words);
    else if (!pending_.empty())
      finish_pending(words);
  }

  void read_named(std::span<const std::string_view> words) {
    if (auto found = quantities_in(words.subspan(1))) {
      if (pending_ == words[0])
        pending_.clear();
      return add(std::string{words[0]}, std::move(*found));
    }
    // -v prints the name alone first. What a benchmark prints itself comes between its name and its result.
    if (words.size() > 1 || !procs_of(words[0]).empty())
      pending_ = words[0];
  }

  void finish_pending(std::span<const std::string_view> words) {
    if (auto found = quantities_in(words))
      add(std::exchange(pending_, {}), std::move(*found));
  }

  void skip(std::span<const std::string_view> words) {
    if (words.size() > 2)
      out_.remark("skipped: " + printable(words[2]));
    pending_.clear();
  }

  void add(std::string name, std::vector<quantity> quantities) {
    ended_ = false;
    lines_.push_back({package_, std::move(name), std::move(quantities)});
  }

  bool has_several_packages() const {
    return std::any_of(lines_.begin(), lines_.end(),
                       [&](const bench_line& line) { return line.package != lines_.front().package; });
  }

  /// The ending that all names share; it tells of the machine, not of the benchmark.
  std::string_view common_procs() const {
    if (lines_.empty())
      return {};
    auto procs = procs_of(lines_.front().name);
    bool is_common =
      std::all_of(lines_.begin(), lines_.end(), [&](const bench_line& line) { return procs_of(line.name) == procs; });
    return is_common ? procs : std::string_view{};
  }

  void report(const std::string& name, const quantity& each) {
    auto [value, unit] = each;
    constexpr std::string_view per_op = "/op";
    constexpr std::string_view per_second = "/s";
    if (unit == "ns/op")
      out_.append(name, "ms", wire::Direction::LOWER, *to_ms(value, "ns"));
    else if (unit.size() > 32)
      out_.leave_out("unit " + std::string{unit});
    else if (unit.ends_with(per_op))
      out_.append(name + "." + std::string{unit.substr(0, unit.size() - per_op.size())} + "_per_op", unit,
                  wire::Direction::LOWER, value);
    else if (unit.ends_with(per_second))
      out_.append(name + "." + std::string{unit.substr(0, unit.size() - per_second.size())} + "_per_s", unit,
                  wire::Direction::HIGHER, value);
    else
      out_.leave_out("unit " + std::string{unit});
  }

  result_metrics& out_;
  std::vector<bench_line> lines_;
  std::string package_;
  std::string pending_; ///< the name of a benchmark whose result is not there yet
  bool ended_ = false;
};

} // namespace

void read_go_benchmarks(std::string_view text, result_metrics& out) {
  reader one{out};
  one.read(text);
  if (!out.refused())
    one.report();
}

} // namespace hive::detail
