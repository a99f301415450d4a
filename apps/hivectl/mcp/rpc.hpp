#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace hive::ctl::mcp {

/// A request of an agent host or, without id, a notification (JSON-RPC 2.0).
struct rpc_message {
  std::string id; ///< as JSON; empty: none
  std::string method;
  std::string params; ///< as JSON; empty: none
};

/// Codes of JSON-RPC 2.0, section 5.1.
enum class rpc_code : int {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
};

struct rpc_refusal {
  std::string id; ///< as JSON; empty: not known
  rpc_code code = rpc_code::invalid_request;
  std::string text;
};

/// Reads one message. Nothing for an answer: this server asks nothing.
std::optional<std::variant<rpc_message, rpc_refusal>> read_rpc(std::string_view line);

/// The lines that answer and notify, without line breaks. `result` and `params` are JSON.
std::string rpc_result(const std::string& id, std::string_view result);
std::string rpc_error(const rpc_refusal& refusal);
std::string rpc_notification(std::string_view method, std::string_view params);

} // namespace hive::ctl::mcp
