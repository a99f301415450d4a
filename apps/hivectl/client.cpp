#include "apps/hivectl/client.hpp"

#include "apps/hivectl/documents.hpp"
#include "apps/hivectl/exit_status.hpp"
#include "messages/ids.hpp"
#include "platform/version.hpp"

#include <filesystem>
#include <fmt/format.h>

namespace hive::ctl {
namespace {

using namespace std::chrono_literals;

/// A working node answers this immediately.
constexpr auto health_timeout = 2s;

/// The code with this name; nothing for a code from a later version, or for an empty name.
std::optional<ec> code_named(std::string_view name) {
  for (size_t i = 0; i < ec_count; ++i)
    if (to_string(static_cast<ec>(i)) == name)
      return static_cast<ec>(i);
  return std::nullopt;
}

/// Summarises a problem document (RFC 9457) in one sentence that names the place. Reads members leniently: a newer node
/// may send more.
caf::error describe_problem(const std::map<std::string, std::string>& problem, int status) {
  auto member = [&](const char* name) {
    auto found = problem.find(name);
    return found == problem.end() ? std::string{} : found->second;
  };
  auto text = member("detail").empty() ? member("title") : member("detail");
  auto pointer = member("pointer");
  if (!pointer.empty() && text.find(pointer) == std::string::npos)
    text = pointer + ": " + text;
  auto code = code_named(member("code"));
  return code ? fail(*code, text) : fail_as(exit_status_of_http(status), text);
}

/// Only problem documents are quoted: anything else is a page made for browsers.
caf::error describe_refusal(const node_request& request, const http::incoming_response& response) {
  if (response.content_type.starts_with("application/problem+json"))
    if (auto problem = text_members(response.body);
        problem && (problem->contains("detail") || problem->contains("title")))
      return describe_problem(*problem, response.status);
  auto text = fmt::format("{} {} was answered with HTTP status {} and without a reason: is this a Hivemark node?",
                          request.method, request.path, response.status);
  // A 404 without a problem document says nothing about a version or benchmark: it does not come from a node.
  auto status = exit_status_of_http(response.status);
  return fail_as(status == exit_status::not_found ? exit_status::unreachable : status, text);
}

/// Without a response the request may still have been executed; only reads are safe to repeat.
caf::error describe_silence(const node_request& request, const caf::error& cause) {
  auto text = text_of(cause);
  switch (code_of(cause)) {
  case ec::unavailable:
    return fail(ec::unavailable, "the node cannot be reached: " + text);
  case ec::timed_out:
    if (request.method != "GET")
      text += "; it may have been done all the same";
    return fail(ec::unavailable, "the node did not answer in time: " + text);
  default:
    return cause;
  }
}

} // namespace

caf::expected<http::client_tls> find_client_tls(const std::string& directory) {
  http::client_tls out;
  if (directory.empty())
    return out;
  auto file = [&](std::string_view name) { return (std::filesystem::path{directory} / name).string(); };
  std::error_code failed;
  auto is_there = [&](const std::string& path) { return std::filesystem::exists(path, failed); };
  out.trusted = file("ca.pem");
  if (!is_there(out.trusted))
    return fail(ec::not_found, out.trusted + " is not there; --tls names a directory with the node's ca.pem");
  if (!is_there(file("cert.pem")))
    return out;
  out.certificate = file("cert.pem");
  out.key = file("key.pem");
  if (!is_there(out.key))
    return fail(ec::not_found, out.key + " is not there, the key of " + out.certificate);
  return out;
}

client::client(node_address at) : at_{std::move(at)} {
}

http::outgoing_request client::to(const std::string& path) const {
  http::outgoing_request out;
  out.tls = at_.tls;
  if (at_.url.starts_with(unix_scheme)) {
    out.url = "http://localhost" + path;
    out.unix_socket = at_.url.substr(unix_scheme.size());
  } else {
    out.url = at_.url + path;
  }
  return out;
}

http::outgoing_request client::outgoing(const node_request& request) const {
  auto outgoing = to("/api/v1" + request.path);
  outgoing.method = request.method;
  outgoing.headers = {"Accept: " + request.accept + ", application/problem+json"};
  if (!request.body.empty())
    // Without "Expect:", libcurl would hold back a large body until the node asks for it.
    outgoing.headers.insert(outgoing.headers.end(), {"Content-Type: " + request.content_type, "Expect:"});
  if (!at_.token.empty())
    outgoing.headers.push_back("Authorization: Bearer " + at_.token);
  if (!at_.name_space.empty())
    outgoing.headers.push_back("Hivemark-Namespace: " + at_.name_space);
  outgoing.body = request.body;
  outgoing.timeout = request.timeout + request.grace;
  outgoing.stop = request.stop;
  return outgoing;
}

caf::error client::follow(const node_request& request, const std::string& last_event_id,
                          std::function<bool(std::string_view)> on_body) const {
  auto question = outgoing(request);
  if (!last_event_id.empty())
    question.headers.push_back("Last-Event-ID: " + last_event_id);
  question.timeout = 0ms;
  question.max_silence = std::chrono::duration_cast<std::chrono::seconds>(3 * defaults::event_keep_alive);
  question.on_body = std::move(on_body);
  auto response = http::fetch(question);
  if (!response)
    return describe_silence(request, response.error());
  if (response->status != 200)
    return describe_refusal(request, *response);
  return fail(ec::unavailable, "the node ended the stream");
}

caf::expected<std::string> client::exchange(const node_request& request) const {
  auto response = http::fetch(outgoing(request));
  if (!response)
    return describe_silence(request, response.error());
  if (response->status < 200 || response->status > 299)
    return describe_refusal(request, *response);
  return std::move(response->body);
}

caf::expected<std::map<std::string, std::string>> client::probe(const std::string& path) const {
  auto question = to(path);
  question.timeout = health_timeout;
  auto response = http::fetch(question);
  if (!response)
    return describe_silence({.path = path}, response.error());
  if (response->status != 200)
    return describe_refusal({.path = path}, *response);
  return text_members(response->body);
}

caf::expected<std::string> client::node_id() const {
  auto said = probe("/healthz");
  if (!said)
    return said.error();
  auto id = said->find("id");
  if (id == said->end() || !is_valid_id(id->second))
    return fail_as(exit_status::unreachable, "the node does not report its id: does it run an earlier version?");
  return id->second;
}

caf::error client::unreadable(const node_request& request, const json_error& why) const {
  auto text = fmt::format("the answer to {} {} does not fit hivectl {}: {}", request.method, request.path, version_text,
                          why.message());
  if (auto said = probe("/healthz"); said && said->contains("version"))
    return fail_as(
      exit_status::unreachable,
      fmt::format("{} (the node is version {}; use the hivectl of the same version)", text, said->at("version")));
  return fail_as(exit_status::unreachable, text + " (is this a Hivemark node of the same version?)");
}

} // namespace hive::ctl
