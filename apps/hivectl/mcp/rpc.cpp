#include "apps/hivectl/mcp/rpc.hpp"

#include "messages/json.hpp"
#include "messages/json_builder.hpp"
#include "messages/json_text.hpp"
#include "messages/mcp.capnp.h"
#include "messages/text.hpp"

namespace hive::ctl::mcp {
namespace {

constexpr std::string_view rpc_version = "2.0";

/// A request has a string or a number as id.
bool is_request_id(std::string_view json) {
  return json.front() == '"' || json.front() == '-' || (json.front() >= '0' && json.front() <= '9');
}

rpc_refusal refuse_line(std::string_view line, const json_error& why) {
  capnp::MallocMessageBuilder scratch;
  auto document = scratch.initRoot<capnp::JsonValue>();
  if (auto wrong = parse_json(line, document))
    return {{}, rpc_code::parse_error, *wrong};
  if (document.isArray())
    return {{}, rpc_code::invalid_request, "messages in batches are not read: each belongs on a line of its own"};
  return {{}, rpc_code::invalid_request, why.message()};
}

template <class Members>
std::string rpc_line(Members&& members) {
  json_builder out;
  out.object([&] {
    out.member("jsonrpc", rpc_version);
    members(out);
  });
  return std::move(out).take();
}

} // namespace

std::optional<std::variant<rpc_message, rpc_refusal>> read_rpc(std::string_view line) {
  json_error why;
  auto message = from_json<wire::RpcMessage>(line, why);
  if (!message)
    return refuse_line(line, why);
  rpc_message out{(*message)->getId().cStr(), (*message)->getMethod().cStr(), (*message)->getParams().cStr()};
  if (!out.id.empty() && !is_request_id(out.id))
    return rpc_refusal{{}, rpc_code::invalid_request, "/id must be a string or a number"};
  if (as_view((*message)->getJsonrpc()) != rpc_version)
    return rpc_refusal{out.id, rpc_code::invalid_request, "/jsonrpc must be \"2.0\""};
  if (out.method.empty())
    return std::nullopt;
  return out;
}

std::string rpc_result(const std::string& id, std::string_view result) {
  return rpc_line([&](json_builder& out) {
    out.document("id", id);
    out.document("result", result);
  });
}

std::string rpc_error(const rpc_refusal& refusal) {
  return rpc_line([&](json_builder& out) {
    out.document("id", refusal.id.empty() ? "null" : refusal.id);
    out.object("error", [&] {
      out.number("code", std::to_string(static_cast<int>(refusal.code)));
      out.member("message", refusal.text);
    });
  });
}

std::string rpc_notification(std::string_view method, std::string_view params) {
  return rpc_line([&](json_builder& out) {
    out.member("method", method);
    out.document("params", params);
  });
}

} // namespace hive::ctl::mcp
