#pragma once

#include "actors/http/access.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace hive::http {

/// Decides what a request may do: by its token, or without one as far as the node is open. Tokens may be replaced while
/// requests are decided. For use from any thread.
class authorizer {
public:
  /// Without `tokens`, whatever needs at most role `open` needs no token (role::anyone: everything needs one). With
  /// tokens everything does.
  explicit authorizer(std::vector<access_token> tokens = {}, role open = role::record);

  /// Requests that are decided from now on know these tokens, and no earlier ones but the operator's.
  void replace_tokens(std::vector<access_token> tokens);

  /// Adds the token that the node made for itself. Refusals tell that it lies in `file`.
  void set_operator(access_token token, std::string file);

  /// Nothing when the request may do what needs role `needed`. ec::unauthorized for a token that is missing where
  /// tokens are configured, or not known; ec::forbidden for one with a smaller role, and for a request without one.
  caf::error check(role needed, std::string_view authorization) const;

private:
  struct rules {
    std::vector<access_token> configured;
    std::optional<access_token> own;
    std::vector<access_token> known; ///< both
    std::string own_file;
  };

  std::shared_ptr<const rules> now() const;
  void change(const std::function<void(rules&)>& how);

  const role open_;
  mutable std::mutex mutex_; // guards rules_, which never change themselves
  std::shared_ptr<const rules> rules_;
};

} // namespace hive::http
