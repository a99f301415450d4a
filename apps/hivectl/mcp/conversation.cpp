#include "apps/hivectl/mcp/conversation.hpp"

#include "apps/hivectl/mcp/advice.hpp"
#include "messages/json_builder.hpp"
#include "messages/mcp.capnp.h"
#include "messages/text.hpp"
#include "platform/version.hpp"

#include <algorithm>
#include <array>

namespace hive::ctl::mcp {
namespace {

/// Oldest first.
constexpr std::array<std::string_view, 3> revisions{"2024-11-05", "2025-06-18", "2025-11-25"};

constexpr std::string_view instructions =
  "Hivemark measures software and agents, and answers from its records. Record every finished task with record_task, "
  "failures too. Ask route_task before a task which tool to use. Before a version replaces another, capture_snapshot "
  "both and ask check_upgrade: only verdict safe permits it. Lease GPU memory with lease_gpu before it is used.";

constexpr std::string_view no_members = "{}";

std::string_view params_of(const rpc_message& message) {
  return message.params.empty() ? no_members : std::string_view{message.params};
}

conversation::reaction refuse(const rpc_message& request, rpc_code code, std::string text) {
  return rpc_error({request.id, code, std::move(text)});
}

conversation::reaction refuse_params(const rpc_message& request, const json_error& why) {
  return refuse(request, rpc_code::invalid_params, "wrong params: " + why.message());
}

void write_tool(const tool& what, json_builder& out) {
  out.object([&] {
    out.member("name", what.head.name);
    out.member("title", what.head.title);
    out.member("description", what.head.description);
    out.document("inputSchema", what.input_schema);
    out.document("outputSchema", what.output_schema);
    out.object("annotations", [&] {
      out.member("title", what.head.title);
      out.member("readOnlyHint", what.head.is_read_only);
      out.member("destructiveHint", false);
      out.member("idempotentHint", what.head.is_idempotent);
      out.member("openWorldHint", false);
    });
  });
}

template <class Members>
std::string json_object(Members&& members) {
  json_builder out;
  out.object([&] { members(out); });
  return std::move(out).take();
}

void write_text_content(std::string_view text, json_builder& out) {
  out.array("content", [&] {
    out.object([&] {
      out.member("type", "text");
      out.member("text", text);
    });
  });
}

} // namespace

std::string_view choose_revision(std::string_view asked) {
  auto newer = std::ranges::upper_bound(revisions, asked);
  return newer == revisions.begin() ? revisions.back() : *std::prev(newer);
}

std::string tool_result(const std::string& answer) {
  return json_object([&](json_builder& out) {
    write_text_content(answer, out); // for hosts that do not know structured content
    out.document("structuredContent", answer);
    out.member("isError", false);
  });
}

std::string tool_failure(const std::string& text) {
  return json_object([&](json_builder& out) {
    write_text_content(text, out);
    out.member("isError", true);
  });
}

conversation::reaction conversation::take(std::string_view line) {
  auto read = read_rpc(line);
  if (!read)
    return {};
  if (auto* refusal = std::get_if<rpc_refusal>(&*read))
    return rpc_error(*refusal);
  auto& message = std::get<rpc_message>(*read);
  return message.id.empty() ? notice(message) : answer(message);
}

conversation::reaction conversation::notice(const rpc_message& message) const {
  if (message.method != "notifications/cancelled")
    return {};
  json_error why;
  auto params = from_json<wire::CancelledParams>(params_of(message), why);
  if (!params) // a notification has no answer
    return {};
  return cancelled_call{(*params)->getRequestId().cStr()};
}

conversation::reaction conversation::answer(const rpc_message& request) {
  if (request.method == "ping")
    return rpc_result(request.id, no_members);
  if (request.method == "initialize")
    return initialize(request);
  if (!is_initialized_)
    return refuse(request, rpc_code::invalid_request, "the first request must be initialize, not " + request.method);
  if (request.method == "tools/list")
    return list_tools(request);
  if (request.method == "tools/call")
    return call_tool(request);
  return refuse(request, rpc_code::method_not_found,
                "there is no method " + request.method + ": this server has tools alone");
}

conversation::reaction conversation::initialize(const rpc_message& request) {
  json_error why;
  auto params = from_json<wire::InitializeParams>(params_of(request), why);
  if (!params)
    return refuse_params(request, why);
  is_initialized_ = true;
  return rpc_result(request.id, json_object([&](json_builder& out) {
                      out.member("protocolVersion", choose_revision(as_view((*params)->getProtocolVersion())));
                      out.object("capabilities", [&] { out.object("tools", [] {}); });
                      out.object("serverInfo", [&] {
                        out.member("name", "hivemark");
                        out.member("title", "Hivemark");
                        out.member("version", version_text);
                      });
                      out.member("instructions", instructions);
                    }));
}

conversation::reaction conversation::list_tools(const rpc_message& request) const {
  json_error why;
  auto params = from_json<wire::ListToolsParams>(params_of(request), why);
  if (!params)
    return refuse_params(request, why);
  if ((*params)->getCursor().size() > 0)
    return refuse(request, rpc_code::invalid_params, "wrong params: /cursor is not known: the list has one page");
  return rpc_result(request.id, json_object([&](json_builder& out) {
                      out.array("tools", [&] {
                        for (const auto& each : tools_)
                          write_tool(each, out);
                      });
                    }));
}

conversation::reaction conversation::call_tool(const rpc_message& request) const {
  json_error why;
  auto params = from_json<wire::CallToolParams>(params_of(request), why);
  if (!params)
    return refuse_params(request, why);
  std::string name = (*params)->getName().cStr();
  auto found = std::ranges::find(tools_, name, [](const tool& each) { return each.head.name; });
  if (found == tools_.end()) {
    std::vector<std::string> names;
    for (const auto& each : tools_)
      names.push_back(each.head.name);
    return refuse(request, rpc_code::invalid_params, "there is no tool " + name + describe_known(name, names, ""));
  }
  std::string arguments = (*params)->getArguments().cStr();
  return wanted_call{request.id, &*found, arguments.empty() ? std::string{no_members} : arguments,
                     (*params)->getMeta().getProgressToken().cStr()};
}

} // namespace hive::ctl::mcp
