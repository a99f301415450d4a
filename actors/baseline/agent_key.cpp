#include "actors/baseline/agent_key.hpp"

#include "messages/ec.hpp"
#include "messages/ids.hpp"

#include <algorithm>

namespace hive {
namespace {

bool is_decimal(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_flow(std::string_view text) {
  return is_valid_id(text) && text.find_first_of("._") == text.npos;
}

} // namespace

caf::expected<stored_agent> agent_named(std::string_view prompt, std::string_view flow) {
  if (!is_valid_id(prompt))
    return fail(ec::invalid, "prompt_id " + std::string{id_rule});
  if (!is_flow(flow))
    return fail(ec::invalid,
                "flow_id must start with a letter or digit and hold at most 64 letters, digits and '-': an '_' would "
                "make prompt_id and flow_id ambiguous");
  if (is_decimal(flow))
    flow.remove_prefix(std::min(flow.find_first_not_of('0'), flow.size() - 1));
  return stored_agent{std::string{prompt}, std::string{flow}};
}

std::string to_string(const stored_agent& who) {
  return who.prompt + "/" + who.flow;
}

caf::expected<stored_agent> agent_at(std::string_view position) {
  auto slash = position.find('/');
  if (slash == position.npos)
    return fail(ec::invalid, "after must be the `next` of an earlier page: prompt_id/flow_id");
  return agent_named(position.substr(0, slash), position.substr(slash + 1));
}

} // namespace hive
