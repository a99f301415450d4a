#pragma once

#include "actors/http/path_tree.hpp"
#include "actors/http/server.hpp"
#include "actors/http/site.hpp"

#include <optional>
#include <span>

namespace hive::http {

/// The head of a request as far as it decides whether a route runs. Empty: not sent.
struct request_head {
  std::string_view method; ///< as received
  std::string_view path;   ///< still percent-encoded
  std::string_view query;  ///< behind the question mark
  std::string_view host;   ///< the first Host field, or the authority of an absolute target
  size_t hosts = 0;        ///< number of Host fields
  std::string_view origin; ///< the first Origin field
  size_t origins = 0;      ///< number of Origin fields
  std::string_view authorization;
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view last_event_id;
  bool is_http_1_0 = false;
};

/// What the server has in work.
struct server_load {
  bool draining = false;
  size_t requests = 0;     ///< the one in question not among them
  size_t body_bytes = 0;   ///< likewise
  size_t answer_bytes = 0; ///< encoded and not yet written
};

/// The route's method that a method of HTTP asks for: HEAD asks for GET. Empty for one that no route has.
std::optional<method> route_method(std::string_view name);

/// The methods that a path answers, as in an Allow field: HEAD goes with GET, and OPTIONS with all.
std::string allow_list(std::span<const method> known);

/// What a server refuses before a route runs: requests for another site, callers without the right, what there is no
/// room for. For use from any thread.
class screening {
public:
  /// `options` outlive it.
  explicit screening(const server_options& options);

  /// The answer when no route runs, be it a refusal or what OPTIONS asks for, judged by the request's head alone, or
  /// nothing.
  std::optional<response> judge(const request_head& head, const path_tree::match& match, const server_load& load) const;

  /// Why a request with a body of this size goes no further, or nothing.
  std::optional<response> judge_body(size_t body_bytes, const server_load& load) const;

private:
  std::optional<response> judge_site(const request_head& head) const;

  const server_options& options_;
  const site own_;
  const std::shared_ptr<const authorizer> access_;
};

/// Fills in what the route's handler looks at, but for the body. Views point into `head`. On failure, why not.
std::optional<response> read_head(const request_head& head, const path_tree::match& match, request& into);

} // namespace hive::http
