#include "apps/hivectl/mcp/advice.hpp"

#include "apps/hivectl/suggestion.hpp"

#include <algorithm>

namespace hive::ctl::mcp {
namespace {

/// Names in an error: enough to choose from, few enough to read.
constexpr size_t max_listed_names = 20;

} // namespace

std::string describe_failure(const caf::error& error, const session& s) {
  auto text = text_of(error);
  switch (exit_status_of(error)) {
  case exit_status::unreachable:
    return text + ". The node of this server is " + s.url +
           ". If none runs there, start one with `hived` (or `systemctl start hived`); a node elsewhere is named by "
           "HIVE_URL or --url in the configuration of this server. Otherwise try again later";
  case exit_status::not_allowed:
    return text + s.describe_token();
  default:
    return text;
  }
}

std::string describe_known(std::string_view given, const std::vector<std::string>& known, std::string_view nothing) {
  if (known.empty())
    return std::string{nothing};
  if (auto similar = nearest(given, known); !similar.empty())
    return did_you_mean(similar);
  auto shown = std::min(known.size(), max_listed_names);
  auto out = "; known are " + join_texts({known.begin(), known.begin() + static_cast<ptrdiff_t>(shown)}, ", ");
  if (shown < known.size())
    out += " and " + std::to_string(known.size() - shown) + " more";
  return out;
}

} // namespace hive::ctl::mcp
