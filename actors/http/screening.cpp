#include "actors/http/screening.hpp"

#include "actors/http/url.hpp"
#include "messages/ids.hpp"

namespace hive::http {
namespace {

response not_routed(const request_head& head, const std::vector<method>& allowed) {
  std::string path{head.path};
  if (allowed.empty())
    return problem(404, ec::not_found, "there is nothing at " + path);
  std::string names;
  for (auto verb : allowed)
    names.append(names.empty() ? "" : ", ").append(to_string(verb));
  auto out = problem(405, ec::unsupported, path + " answers " + names + " only");
  out.headers.emplace_back("Allow", allow_list(allowed));
  return out;
}

/// Answers OPTIONS: the methods of a path or, for `*`, of the server.
response methods_of(const request_head& head, const std::vector<method>& allowed) {
  static constexpr method all[] = {method::get, method::post, method::put, method::delete_};
  if (allowed.empty() && head.path != "*")
    return not_routed(head, allowed);
  response out{204, {}, {}, {}, {}};
  out.headers.emplace_back("Allow", head.path == "*" ? allow_list(all) : allow_list(allowed));
  return out;
}

std::optional<response> judge_namespace(const request_head& head, const route& found) {
  if (head.name_spaces == 0)
    return std::nullopt;
  auto refuse = [](const std::string& why) { return problem(400, ec::invalid, "header Hivemark-Namespace " + why); };
  if (head.name_spaces > 1)
    return refuse("is given more than once");
  if (!is_valid_id(head.name_space))
    return refuse(std::string{id_rule});
  if (!found.has_namespaces)
    return refuse("is given, but " + std::string{to_string(found.verb)} + " " + found.path +
                  " is about the whole node: it has no namespaces");
  return std::nullopt;
}

std::optional<json_error> read_path_parameters(const path_tree::match& match, request& into) {
  for (auto [name, encoded] : match.parameters) {
    auto value = percent_decode(encoded);
    if (!value)
      return json_error{
        ec::invalid, {}, "path parameter " + std::string{name} + " has a '%' without two hexadecimal digits"};
    into.path_parameters.emplace_back(name, std::move(*value));
  }
  return std::nullopt;
}

} // namespace

std::optional<method> route_method(std::string_view name) {
  if (name == "HEAD")
    return method::get;
  for (auto known : {method::get, method::post, method::put, method::delete_})
    if (to_string(known) == name)
      return known;
  return std::nullopt;
}

std::string allow_list(std::span<const method> known) {
  std::string out;
  for (auto verb : known) {
    out.append(to_string(verb)).append(", ");
    if (verb == method::get)
      out += "HEAD, ";
  }
  return out + "OPTIONS";
}

response unreadable_coding(std::string_view coding) {
  auto out = problem(415, ec::unsupported,
                     "the body's Content-Encoding is " + std::string{coding} + "; bodies are read as they are");
  out.headers.emplace_back("Accept-Encoding", "identity");
  return out;
}

screening::screening(const server_options& options)
    : options_{options}, own_{options.address, options.hosts},
      access_{options.access ? options.access : std::make_shared<const authorizer>(options.tokens, options.open)} {
}

/// HTTP/1.0 has no Host. Its clients are probes of load balancers, never browsers.
std::optional<response> screening::judge_site(const request_head& head) const {
  if (head.is_http_1_0 && head.host.empty() && head.hosts == 0 && head.origins == 0)
    return std::nullopt;
  if (auto refusal = own_.refuse({head.host, head.hosts, head.origin, head.origins}))
    return refusal;
  // A link to the dashboard may be anywhere. What a page of another site embeds or fetches is refused, even where its
  // browser would keep the answer from it.
  if (head.fetch_site == "cross-site" && !(head.path == "/" && route_method(head.method) == method::get))
    return problem(403, ec::forbidden,
                   "a web page of another site asks for " + std::string{head.path} +
                     " (Sec-Fetch-Site); only / may be "
                     "reached from there");
  return std::nullopt;
}

std::optional<response> screening::judge(const request_head& head, const path_tree::match& match,
                                         const server_load& load) const {
  if (auto refusal = judge_site(head))
    return refusal;
  if (!head.content_encoding.empty() && !(match.found && match.found->takes_gzip))
    return unreadable_coding(head.content_encoding);
  if (load.draining)
    return problem(fail(ec::unavailable, "the node is stopping"));
  if (head.method == "OPTIONS")
    return methods_of(head, match.allowed);
  if (!match.found)
    return not_routed(head, match.allowed);
  if (auto error = check(match.found->access, head))
    return problem(error);
  if (auto refusal = judge_namespace(head, *match.found))
    return refusal;
  // Probes are answered even under overload: an orchestrator must not kill a node for being busy.
  if (load.requests >= options_.max_in_flight && match.found->access != role::anyone)
    return problem(
      fail(ec::overloaded, "more than " + std::to_string(options_.max_in_flight) + " requests are being answered"));
  return std::nullopt;
}

std::string screening::token_of(const request_head& head) const {
  auto name = access_->name_of(head.authorization);
  return name.empty() && head.from ? head.from->id : name;
}

caller screening::who(const request_head& head) const {
  auto out = access_->who(head.authorization);
  if (!head.from)
    return out;
  if (out.token.empty())
    out.token = head.from->id;
  out.grants = std::max(out.grants, head.from->grants);
  return out;
}

caf::error screening::check(role needed, const request_head& head) const {
  if (head.from && head.from->grants >= needed)
    return caf::none;
  auto refused = access_->check(needed, head.authorization);
  if (!refused || !head.from)
    return refused;
  auto granted = head.from->grants;
  return fail(code_of(refused),
              text_of(refused) + "; " + head.from->text +
                (granted == role::anyone ? " has no role here" : " has role " + std::string{to_string(granted)}));
}

std::optional<response> screening::judge_body(size_t body_bytes, const server_load& load) const {
  if (body_bytes > options_.max_body_bytes)
    return problem(fail(ec::too_large, "body of " + std::to_string(body_bytes) + " bytes, at most " +
                                         std::to_string(options_.max_body_bytes) + " are allowed"));
  // Requests without a body are still accepted, since they add no body bytes.
  if (body_bytes != 0 && load.body_bytes + body_bytes > options_.max_body_bytes_in_flight)
    return problem(fail(ec::overloaded, "the bodies of the requests that are being answered have more than " +
                                          std::to_string(options_.max_body_bytes_in_flight) + " bytes"));
  return std::nullopt;
}

void restate(const route& of, const request_head& head, response& problem) {
  if (of.restate && problem.content_type == "application/problem+json")
    of.restate(problem, head.content_type);
}

std::optional<response> read_head(const request_head& head, const path_tree::match& match, request& into) {
  into.verb = match.found->verb;
  into.path = head.path;
  into.content_type = head.content_type;
  into.content_encoding = head.content_encoding;
  into.last_event_id = head.last_event_id;
  into.accept_encoding = head.accept_encoding;
  into.if_none_match = head.if_none_match;
  if (auto wrong = read_path_parameters(match, into))
    return problem(*wrong);
  json_error why;
  auto query = parse_query(head.query, why);
  if (!query)
    return problem(why);
  into.query = std::move(*query);
  return std::nullopt;
}

} // namespace hive::http
