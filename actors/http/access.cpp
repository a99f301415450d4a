#include "actors/http/access.hpp"

#include "messages/ec.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <sodium.h>
#include <span>

namespace hive::http {
namespace {

constexpr std::string_view scheme = "bearer ";

/// Bytes of a hash in the id of a token: enough that no two of a node are the same, and short enough to type.
constexpr size_t id_bytes = 6;

/// Scheme names are case-insensitive, RFC 9110, 11.1.
bool starts_with_scheme(std::string_view text) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(text.substr(0, scheme.size()), scheme, {}, lower);
}

} // namespace

std::string_view to_string(role what) {
  switch (what) {
  case role::anyone:
    return "anyone";
  case role::read:
    return "read";
  case role::record:
    return "record";
  case role::operate:
    return "operate";
  }
  return "";
}

std::optional<role> find_role(std::string_view name) {
  for (auto known : {role::read, role::record, role::operate})
    if (to_string(known) == name)
      return known;
  return std::nullopt;
}

std::optional<role> find_open_role(std::string_view name) {
  return name == "none" ? role::anyone : find_role(name);
}

std::string id_of(const access_token& token) {
  return to_hex(std::span{token.sha256}.first(id_bytes));
}

caf::error check_validity(const access_token& token, int64_t now_unix_micros) {
  if (token.expires != 0 && now_unix_micros >= token.expires)
    return fail(ec::unauthorized, "token " + token.name + " expired on " + format_iso8601(token.expires));
  if (now_unix_micros < token.not_before)
    return fail(ec::unauthorized, "token " + token.name + " is not valid before " + format_iso8601(token.not_before));
  return caf::none;
}

fresh_token make_operator_token() {
  std::array<uint8_t, 32> random;
  randombytes_buf(random.data(), random.size());
  fresh_token out{to_hex(random), {"operator", role::operate, {}}};
  out.known.sha256 = sha256(out.secret);
  return out;
}

caf::expected<access_token> make_access_token(std::string name, std::string_view role_name, std::string_view sha256) {
  access_token out;
  auto grants = find_role(role_name);
  if (!grants)
    return fail(ec::invalid, "token " + name + ": role " + std::string{role_name} + " is not read, record or operate");
  out.grants = *grants;
  size_t length = 0;
  const char* end = nullptr;
  auto decoded =
    sodium_hex2bin(out.sha256.data(), out.sha256.size(), sha256.data(), sha256.size(), nullptr, &length, &end);
  if (decoded != 0 || length != out.sha256.size() || end != sha256.data() + sha256.size())
    return fail(ec::invalid, "token " + name + ": sha256 must be 64 hexadecimal digits");
  out.name = std::move(name);
  return out;
}

caf::expected<const access_token*> find_token(const std::vector<access_token>& known, std::string_view authorization) {
  if (authorization.empty())
    return fail(ec::unauthorized, "an Authorization header with a bearer token is needed");
  if (!starts_with_scheme(authorization))
    return fail(ec::unauthorized, "the Authorization header must hold a bearer token");
  auto hash = sha256(authorization.substr(scheme.size()));
  const access_token* found = nullptr;
  for (const auto& token : known)
    if (sodium_memcmp(token.sha256.data(), hash.data(), hash.size()) == 0)
      found = &token; // no early exit: the time must not reveal the token's position
  if (!found)
    return fail(ec::unauthorized, "the bearer token is not known");
  return found;
}

} // namespace hive::http
