#pragma once

#include "actors/http/path_tree.hpp"
#include "actors/http/server.hpp"
#include "actors/http/site.hpp"

#include <optional>
#include <span>

namespace hive::http {

/// The parts of a request's head that decide whether a route runs. Empty: absent.
struct request_head {
  std::string_view method; ///< as received
  std::string_view path;   ///< still percent-encoded
  std::string_view query;  ///< after the question mark
  std::string_view host;   ///< the first Host field, or the authority of an absolute target
  size_t hosts = 0;        ///< number of Host fields
  std::string_view origin; ///< the first Origin field
  size_t origins = 0;      ///< number of Origin fields
  std::string_view authorization;
  std::string_view content_type;
  std::string_view content_encoding; ///< gzip, or empty: of a body that is as it is, and without a body
  std::string_view last_event_id;
  std::string_view accept_encoding;
  std::string_view if_none_match;
  std::string_view fetch_site; ///< the first Sec-Fetch-Site field, which browsers write
  std::string_view name_space; ///< the first Hivemark-Namespace field
  size_t name_spaces = 0;      ///< number of Hivemark-Namespace fields
  bool is_http_1_0 = false;
  std::shared_ptr<const peer> from = {}; ///< who sent it, as its connection tells; null: unknown
};

/// The server's current load.
struct server_load {
  bool draining = false;
  size_t requests = 0;     ///< excludes the current request
  size_t body_bytes = 0;   ///< excludes the current request
  size_t answer_bytes = 0; ///< encoded but not yet written
};

/// The only coding that a body may have, on routes that take it.
inline constexpr std::string_view gzip_coding = "gzip";

/// The refusal of a body in a coding that is not read.
response unreadable_coding(std::string_view coding);

/// The route's method for an HTTP method: GET for HEAD. Empty for methods that no route uses.
std::optional<method> route_method(std::string_view name);

/// The methods of a path as an Allow field: with GET also HEAD, and always OPTIONS.
std::string allow_list(std::span<const method> known);

/// Refuses requests before a route runs: requests for another site, unauthorised callers, and overload. Thread-safe.
class screening {
public:
  /// `options` must outlive it.
  explicit screening(const server_options& options);

  /// The answer when no route runs (a refusal or the answer to OPTIONS), based on the request's head alone; otherwise
  /// nothing.
  std::optional<response> judge(const request_head& head, const path_tree::match& match, const server_load& load) const;

  /// Name of the configured token that the request shows, or of whom its connection comes from; empty for none.
  std::string token_of(const request_head& head) const;

  /// What the request's sender may do.
  caller who(const request_head& head) const;

  /// Why the request's sender lacks this role; none if it has it.
  caf::error check(role needed, const request_head& head) const;

  /// The refusal of a request whose body has this size, or nothing.
  std::optional<response> judge_body(size_t body_bytes, const server_load& load) const;

private:
  std::optional<response> judge_site(const request_head& head) const;

  const server_options& options_;
  const site own_;
  const std::shared_ptr<const authorizer> access_;
};

/// Gives a problem the form that its route demands.
void restate(const route& of, const request_head& head, response& problem);

/// Fills in everything that the route's handler reads, except the body. Views point into `head`. Returns an answer on
/// failure.
std::optional<response> read_head(const request_head& head, const path_tree::match& match, request& into);

} // namespace hive::http
