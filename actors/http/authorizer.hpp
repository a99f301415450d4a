#pragma once

#include "actors/http/access.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace hive::http {

/// What a caller may do, and by what.
struct caller {
  role grants = role::anyone; ///< its highest role
  role open = role::anyone;   ///< the highest role that needs no token
  std::string token = {};     ///< name of the token that it showed; empty: none that is known
};

/// Decides whether a request is allowed, by its token or, where the node allows it, without one. Tokens can be replaced
/// while requests are being checked. Thread-safe.
class authorizer {
public:
  /// Without `tokens`, requests that need at most role `open` need no token (role::anyone: all need one). With tokens,
  /// all requests need one.
  explicit authorizer(std::vector<access_token> tokens = {}, role open = role::record);

  /// Replaces all tokens except the operator's; takes effect for subsequent requests.
  void replace_tokens(std::vector<access_token> tokens);

  /// Adds the token that the node generated. Refusals mention its `file`.
  void set_operator(access_token token, std::string file);

  /// Whether a request with this Authorization header has role `needed`. ec::unauthorized when tokens are configured
  /// and the token is missing or unknown; ec::forbidden when its role is too low, or when there is no token on a node
  /// without tokens.
  caf::error check(role needed, std::string_view authorization) const;

  /// What the sender of a request with this Authorization header may do. A token that is not known counts as none.
  caller who(std::string_view authorization) const;

  /// Name of the configured token in this Authorization header; empty for none, and for the node's own operator token,
  /// which says nothing about who uses it.
  std::string name_of(std::string_view authorization) const;

private:
  struct rules {
    std::vector<access_token> configured;
    std::optional<access_token> own;
    std::vector<access_token> known; ///< configured tokens and the operator's
    std::string own_file;
  };

  std::shared_ptr<const rules> now() const;
  void change(const std::function<void(rules&)>& how);

  const role open_;
  mutable std::mutex mutex_; // guards rules_; the rules themselves are immutable
  std::shared_ptr<const rules> rules_;
};

} // namespace hive::http
