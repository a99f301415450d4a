// The tables [[metrics]] of a node's configuration.

#include "apps/hived/config_values.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace hive {
namespace {

constexpr size_t max_tables = 1'000;      // each metric of a comparison is held against all
constexpr size_t max_pattern_bytes = 321; // an adapter's name, a dot and a metric's name
constexpr double max_margin = .95;        // as in the schema
constexpr double max_size = std::numeric_limits<double>::max();

/// Once all keys were read, since the name may be missing because its key is misspelt.
void check_name(const toml_section& in, const std::string& out, const std::vector<analysis::configured_rules>& known) {
  if (out.empty() || out.size() > max_pattern_bytes)
    in.check(fail(ec::invalid, "name must have 1 to " + std::to_string(max_pattern_bytes) + " bytes"));
  if (std::ranges::find(known, out, &analysis::configured_rules::pattern) != known.end())
    in.refuse("name", "is that of an earlier table, which alone would count");
  if (known.size() == max_tables)
    in.refuse("name", "is one too many: there may be " + std::to_string(max_tables) + " tables");
}

void read_kind(toml_section& in, std::optional<analysis::metric_kind>& out) {
  constexpr std::array kinds{"continuous", "count", "ratio"}; // in the order of analysis::metric_kind
  std::string text;
  in.read("kind", text);
  if (!in.has("kind"))
    return;
  auto found = std::ranges::find(kinds, text);
  if (found == kinds.end())
    in.refuse("kind", "must be continuous, count or ratio");
  out = static_cast<analysis::metric_kind>(found - kinds.begin());
}

void read_environment(toml_section& in, std::optional<analysis::environment_fields>& out) {
  std::vector<std::string> names;
  in.read("same_environment", names);
  if (!in.has("same_environment"))
    return;
  out = analysis::environment_fields{};
  for (const auto& name : names) {
    auto field = analysis::find_environment_field(name);
    if (!field)
      in.refuse("same_environment", "has \"" + name + "\", which is none of " + analysis::environment_field_names());
    out->add(*field);
  }
}

} // namespace

void read_metrics(toml_section& in, std::vector<analysis::configured_rules>& known) {
  analysis::configured_rules out;
  in.read("name", out.pattern);
  in.read("margin", out.margin, 0, max_margin);
  in.read("absolute_margin", out.absolute_margin, 0, max_size);
  in.read("resolution", out.resolution, 0, max_size);
  in.read("advisory", out.advisory);
  in.read("gate", out.gate);
  read_kind(in, out.kind);
  read_environment(in, out.same_environment);
  check_name(in, out.pattern, known);
  known.push_back(std::move(out));
}

} // namespace hive
