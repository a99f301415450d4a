#pragma once

#include "platform/token_bucket.hpp"

#include <array>
#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive::http {

/// What a caller may do. Each role includes the preceding ones.
enum class role : uint8_t {
  anyone,  ///< needs no token: liveness and readiness
  read,    ///< reads everything
  record,  ///< adds measurements and records
  operate, ///< changes the node's configuration and services
};

std::string_view to_string(role what);

/// Parses the name of a role that a token can have: read, record or operate.
std::optional<role> find_role(std::string_view name);

/// Parses the configuration's name for the highest role that needs no token; `none` is role::anyone.
std::optional<role> find_open_role(std::string_view name);

/// A bearer token as configured: only its hash.
struct access_token {
  std::string name; ///< for logs; a token and its successor may share one
  role grants = role::read;
  std::array<uint8_t, 32> sha256{};
  int64_t not_before = 0; ///< microseconds since 1970; 0: valid at once
  int64_t expires = 0;    ///< from then on it is not valid; 0: it never ends
  event_rate rate = {};   ///< of the requests that show it

  bool operator==(const access_token&) const = default;
};

/// Tells tokens of one name apart: the first digits of the hash, which say nothing about the token.
std::string id_of(const access_token& token);

/// ec::unauthorized, with name and time, when the token has expired or is not valid yet.
caf::error check_validity(const access_token& token, int64_t now_unix_micros);

/// Parses a token's entry in the configuration: role `read`, `record` or `operate`, and the token's SHA-256 in hex.
caf::expected<access_token> make_access_token(std::string name, std::string_view role_name, std::string_view sha256);

/// A token that a node generates for its operator.
struct fresh_token {
  std::string secret; ///< the token itself: 64 hexadecimal digits
  access_token known; ///< what the node stores; its role is operate
};

/// Generates 256 random bits.
fresh_token make_operator_token();

/// The configured token in an Authorization header, valid or not, or ec::unauthorized. Takes the same time for every
/// wrong token.
caf::expected<const access_token*> find_token(const std::vector<access_token>& known, std::string_view authorization);

} // namespace hive::http
