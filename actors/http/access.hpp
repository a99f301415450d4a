#pragma once

#include <array>
#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive::http {

/// What a caller may do. Each role includes those before it.
enum class role : uint8_t {
  anyone,  ///< needs no token: liveness and readiness
  read,    ///< looks at everything
  record,  ///< adds measurements and records
  operate, ///< changes what the node runs
};

std::string_view to_string(role what);

/// The role that a token can have by this name: read, record or operate.
std::optional<role> find_role(std::string_view name);

/// The largest role that needs no token, by its name in the configuration; `none` is role::anyone.
std::optional<role> find_open_role(std::string_view name);

/// A bearer token as it is configured: its hash, never itself.
struct access_token {
  std::string name; ///< for logs
  role grants = role::read;
  std::array<uint8_t, 32> sha256{};
};

/// Reads a token's entry of the configuration: role `read`, `record` or `operate`, and the token's SHA-256 in hex.
caf::expected<access_token> make_access_token(std::string name, std::string_view role_name, std::string_view sha256);

/// A token that a node makes for its operator.
struct fresh_token {
  std::string secret; ///< what its holder sends: 64 hexadecimal digits
  access_token known; ///< what the node keeps; role operate
};

/// 256 random bits.
fresh_token make_operator_token();

/// The configured token that an Authorization header carries, or ec::unauthorized. Takes the same time for every
/// wrong token.
caf::expected<const access_token*> find_token(const std::vector<access_token>& known, std::string_view authorization);

} // namespace hive::http
