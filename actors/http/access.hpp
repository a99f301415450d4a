#pragma once

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
  std::string name; ///< for logs
  role grants = role::read;
  std::array<uint8_t, 32> sha256{};
};

/// Parses a token's entry in the configuration: role `read`, `record` or `operate`, and the token's SHA-256 in hex.
caf::expected<access_token> make_access_token(std::string name, std::string_view role_name, std::string_view sha256);

/// A token that a node generates for its operator.
struct fresh_token {
  std::string secret; ///< the token itself: 64 hexadecimal digits
  access_token known; ///< what the node stores; its role is operate
};

/// Generates 256 random bits.
fresh_token make_operator_token();

/// The configured token in an Authorization header, or ec::unauthorized. Takes the same time for every wrong token.
caf::expected<const access_token*> find_token(const std::vector<access_token>& known, std::string_view authorization);

} // namespace hive::http
