#pragma once

#include "actors/http/access.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

namespace hive::http {

/// When a request is judged: what is valid follows the wall clock, and rates the steady one.
struct moment {
  int64_t unix_micros = 0;
  std::chrono::steady_clock::time_point steady;

  static moment now();
};

struct peer;

/// What a caller may do, and by what.
struct caller {
  role grants = role::anyone; ///< its highest role
  role open = role::anyone;   ///< the highest role that needs no token
  std::string token = {};     ///< name of the token that it showed; empty: none that is valid
  bool is_own = false;        ///< whether that is the token that the node made for its operator
  /// Whose certificate or user gives the role; null: a token does, or nothing.
  std::shared_ptr<const peer> from = {};
};

/// Why a request must wait: its token is used too often.
struct exceeded_rate {
  std::string token; ///< its name
  std::chrono::steady_clock::duration wait{};
};

/// A configured token and its use.
struct token_use {
  access_token token;
  int64_t last_used = 0; ///< in microseconds since 1970, since the process started; 0: never
};

/// Decides whether a request is allowed, by its token or, where the node allows it, without one. Tokens can be replaced
/// while requests are being checked. Thread-safe.
class authorizer {
public:
  /// Without `tokens`, requests that need at most role `open` need no token (role::anyone: all need one). With tokens,
  /// all requests need one; so they do if `is_guarded`, as on a node whose file of tokens is empty.
  explicit authorizer(std::vector<access_token> tokens = {}, role open = role::record, bool is_guarded = false);

  /// Replaces all tokens except the operator's; takes effect for subsequent requests. A token that stays keeps its last
  /// use, and a name its rate.
  void replace_tokens(std::vector<access_token> tokens);

  /// Adds the token that the node generated. Refusals mention its `file`.
  void set_operator(access_token token, std::string file);

  /// Whether a request with this Authorization header has role `needed`. ec::unauthorized when tokens are configured
  /// and the token is missing, unknown or not valid now; ec::forbidden when its role is too low, or when there is no
  /// token on a node without tokens.
  caf::error check(role needed, std::string_view authorization, int64_t now_unix_micros) const;

  /// Whether the token in this Authorization header is used more often than it may be; nothing if not, and then this
  /// use counts. Tokens of one name share what they may do.
  std::optional<exceeded_rate> limit(std::string_view authorization, const moment& now) const;

  /// What the sender of a request with this Authorization header may do. A token that is not known or not valid counts
  /// as none.
  caller who(std::string_view authorization, int64_t now_unix_micros) const;

  /// Name of the configured, valid token in this Authorization header; empty for none, and for the node's own operator
  /// token, which says nothing about who uses it.
  std::string name_of(std::string_view authorization, int64_t now_unix_micros) const;

  /// The configured tokens, in their order.
  std::vector<token_use> uses() const;

private:
  /// What the tokens of a name have used up together.
  struct shared_bucket {
    std::mutex mutex; // guards the bucket
    token_bucket bucket;
  };

  /// What is kept of a token beside its rules.
  struct record_of_use {
    std::atomic<int64_t> last = 0;
    std::shared_ptr<shared_bucket> bucket;
  };

  struct rules {
    std::vector<access_token> configured;
    std::optional<access_token> own;
    std::vector<access_token> known;                  ///< configured tokens and the operator's
    std::vector<std::shared_ptr<record_of_use>> uses; ///< of the configured tokens, in their order
    std::string own_file;
  };

  std::shared_ptr<const rules> now() const;
  void change(const std::function<void(rules&)>& how);
  static std::vector<std::shared_ptr<record_of_use>> uses_of(const std::vector<access_token>& tokens,
                                                             const rules& before);
  static caf::expected<size_t> find_valid(const rules& in, std::string_view authorization, int64_t now_unix_micros);

  const role open_;
  const bool is_guarded_;
  mutable std::mutex mutex_; // guards rules_; the rules themselves are immutable
  std::shared_ptr<const rules> rules_;
};

} // namespace hive::http
