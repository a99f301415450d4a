#include "gpu/quantiphy/csv_problems.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string>

namespace hive::quantiphy {
namespace {

/// QuantiPhy's largest set has a few thousand.
constexpr size_t max_rows = 100'000;

using row = std::vector<std::string>;

/// Reads rows as RFC 4180 describes them: fields may be quoted, and then hold commas, line ends and doubled quotes.
class csv_reader {
public:
  explicit csv_reader(std::string_view text) : rest_{text} {
    if (rest_.starts_with("\xEF\xBB\xBF"))
      rest_.remove_prefix(3);
  }

  bool at_end() const {
    return rest_.empty();
  }

  /// Nothing when a quoted field does not end.
  std::optional<row> next() {
    row out;
    for (;;) {
      auto field = next_field();
      if (!field)
        return std::nullopt;
      out.push_back(std::move(*field));
      if (rest_.starts_with(',')) {
        rest_.remove_prefix(1);
        continue;
      }
      if (rest_.starts_with('\r'))
        rest_.remove_prefix(1);
      if (rest_.starts_with('\n'))
        rest_.remove_prefix(1);
      return out;
    }
  }

private:
  std::optional<std::string> next_field() {
    if (!rest_.starts_with('"')) {
      auto end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
      std::string out{rest_.substr(0, end)};
      rest_.remove_prefix(end);
      return out;
    }
    std::string out;
    rest_.remove_prefix(1);
    for (;;) {
      auto quote = rest_.find('"');
      if (quote == std::string_view::npos)
        return std::nullopt;
      out.append(rest_.substr(0, quote));
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"'))
        return skip_to_separator() ? std::optional{out} : std::nullopt;
      out += '"';
      rest_.remove_prefix(1);
    }
  }

  /// False when something other than a separator follows the closing quote.
  bool skip_to_separator() const {
    return rest_.empty() || rest_[0] == ',' || rest_[0] == '\r' || rest_[0] == '\n';
  }

  std::string_view rest_;
};

struct columns {
  size_t question, prior, depth, truth, inference, video;
};

caf::expected<columns> columns_of(const row& header) {
  std::map<std::string_view, size_t> at;
  for (size_t i = 0; i < header.size(); ++i)
    at.emplace(header[i], i);
  for (auto name :
       {"question", "ground_truth_prior", "depth_info", "ground_truth_posterior", "inference_type", "video_type"})
    if (!at.count(name))
      return fail(ec::malformed, std::string{"the CSV file has no column "} + name);
  return columns{at["question"],       at["ground_truth_prior"], at["depth_info"], at["ground_truth_posterior"],
                 at["inference_type"], at["video_type"]};
}

std::optional<double> positive_number(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool is_positive = error == std::errc{} && end == text.data() + text.size() && std::isfinite(value) && value > 0;
  return is_positive ? std::optional{value} : std::nullopt;
}

/// QuantiPhy's evaluator: the first letter of the inference type and the second of the video type.
std::optional<std::string> category_of(std::string_view inference, std::string_view video) {
  if (inference.empty() || video.size() < 2)
    return std::nullopt;
  std::string out{inference[0], video[1]};
  bool is_known = out == "S2" || out == "D2" || out == "S3" || out == "D3";
  return is_known ? std::optional{out} : std::nullopt;
}

std::optional<problem> problem_of(const row& fields, const columns& at) {
  auto truth = positive_number(fields[at.truth]);
  auto category = category_of(fields[at.inference], fields[at.video]);
  if (!truth || !category || fields[at.question].empty())
    return std::nullopt;
  problem out;
  out.category = *category;
  out.truth = *truth;
  out.asked = asked_unit(fields[at.question]);
  if (!fields[at.prior].empty())
    out.text += "Known from the video: " + fields[at.prior] + ". ";
  if (!fields[at.depth].empty())
    out.text += "Depth: " + fields[at.depth] + ". ";
  out.text += fields[at.question];
  return out;
}

} // namespace

caf::expected<csv_problems> read_csv_problems(std::string_view text) {
  if (!is_utf8(text))
    return fail(ec::malformed, "the CSV file is not UTF-8");
  csv_reader reader{text};
  auto header = reader.next();
  if (!header)
    return fail(ec::malformed, "the CSV file's header is broken");
  auto at = columns_of(*header);
  if (!at)
    return at.error();
  csv_problems out;
  for (size_t number = 1; !reader.at_end(); ++number) {
    auto fields = reader.next();
    if (number > max_rows)
      return fail(ec::too_large, "the CSV file has more than " + std::to_string(max_rows) + " rows");
    if (!fields || (fields->size() != header->size() && !(fields->size() == 1 && fields->front().empty())))
      return fail(ec::malformed, "row " + std::to_string(number) + " of the CSV file is broken");
    if (fields->size() != header->size())
      continue; // an empty line
    if (auto found = problem_of(*fields, *at))
      out.problems.push_back(std::move(*found));
    else
      ++out.left_out;
  }
  if (out.problems.empty())
    return fail(ec::no_data, "the CSV file has no question with a category and a positive answer");
  return out;
}

} // namespace hive::quantiphy
