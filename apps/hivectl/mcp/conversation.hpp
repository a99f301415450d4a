#pragma once

#include "apps/hivectl/mcp/rpc.hpp"
#include "apps/hivectl/mcp/tool.hpp"

#include <variant>

namespace hive::ctl::mcp {

/// A call of a tool, to be answered later.
struct wanted_call {
  std::string id; ///< of the request, as JSON
  const tool* what = nullptr;
  std::string arguments;      ///< a JSON object
  std::string progress_token; ///< as JSON; empty: the host wants no news of its progress
};

/// The host no longer wants an answer to this request.
struct cancelled_call {
  std::string id;
};

/// The protocol between an agent host and this server: what to answer to each message. Knows neither time nor node.
/// Model Context Protocol, revisions 2024-11-05, 2025-06-18 and 2025-11-25. (2025-03-26 demands batches, which no other
/// revision has.)
class conversation {
public:
  /// Nothing, a line to send, or what to do with calls.
  using reaction = std::variant<std::monostate, std::string, wanted_call, cancelled_call>;

  /// `tools` must outlive it.
  explicit conversation(const std::vector<tool>& tools) : tools_{tools} {
  }

  reaction take(std::string_view line);

private:
  reaction notice(const rpc_message& message) const;
  reaction answer(const rpc_message& request);
  reaction initialize(const rpc_message& request);
  reaction list_tools(const rpc_message& request) const;
  reaction call_tool(const rpc_message& request) const;

  const std::vector<tool>& tools_;
  bool is_initialized_ = false;
};

/// The revision to speak with a host that asks for this one: the same, or the newest that is older, or else the newest.
std::string_view choose_revision(std::string_view asked);

/// The result of a tool's call: the JSON of its answer.
std::string tool_result(const std::string& answer);

/// The result of a call that failed, with a text for the model.
std::string tool_failure(const std::string& text);

} // namespace hive::ctl::mcp
