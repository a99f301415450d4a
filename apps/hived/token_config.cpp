#include "apps/hived/token_config.hpp"

#include "apps/hived/config_values.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <cmath>

namespace hive {
namespace {

constexpr double max_per_s = 1'000'000;
constexpr uint64_t max_burst = 1'000'000;
/// Each request is compared with every token.
constexpr size_t max_tokens = 1'000;

/// A time with an offset from UTC, since without one it would be a guess, as text or as TOML's own type.
void read_time(toml_section& in, std::string_view key, int64_t& out) {
  std::string text;
  in.read_time(key, text);
  if (text.empty())
    return;
  auto time = parse_iso8601(text);
  bool has_offset = text.ends_with('Z') || text.ends_with('z') || text.find_first_of("+-", 11) != text.npos;
  if (!time || !has_offset || *time == 0)
    in.refuse(key, "must be a time such as 2027-01-31T12:00:00Z (RFC 3339), not \"" + text + "\"");
  out = *time;
}

/// `out` has what counts where nothing is given. Without `burst`, a second's worth may come at once.
void read_rate(toml_section& in, event_rate& out) {
  in.read("per_s", out.per_s, 0, max_per_s);
  if (in.has("per_s"))
    out.burst = std::max(1.0, std::ceil(out.per_s));
  auto burst = static_cast<uint64_t>(out.burst);
  in.read("burst", burst, 1, max_burst);
  if (out.per_s == 0 && burst > 1) // 1 is what counts without the key
    in.refuse("burst", "has no effect without per_s");
  out.burst = static_cast<double>(burst);
}

void check_against(const toml_section& in, const http::access_token& added,
                   const std::vector<http::access_token>& known) {
  if (known.size() >= max_tokens)
    in.refuse("name", "is one too many: a node has at most " + std::to_string(max_tokens) + " tokens");
  for (const auto& other : known)
    if (other.sha256 == added.sha256)
      in.refuse("sha256", "is that of token " + other.name + " already");
}

void read_token(toml_section& in, const event_rate& rate, std::vector<http::access_token>& out) {
  std::string name, role, hash;
  http::access_token given;
  given.rate = rate;
  in.read("name", name);
  in.read("role", role);
  in.read("sha256", hash);
  read_time(in, "not_before", given.not_before);
  read_time(in, "expires", given.expires);
  read_rate(in, given.rate);
  in.finish(); // reports unknown keys first: the missing key may be misspelt
  if (!http::find_role(role))
    in.refuse("role", "must be read, record or operate, not \"" + role + "\"");
  auto token = http::make_access_token(name, role, hash);
  if (!token)
    in.refuse("sha256", "must be 64 hexadecimal digits");
  if (given.expires != 0 && given.expires <= given.not_before)
    in.refuse("expires", "is not after not_before");
  token->not_before = given.not_before;
  token->expires = given.expires;
  token->rate = given.rate;
  check_against(in, *token, out);
  out.push_back(std::move(*token));
}

/// Reads tokens from a separate file, which can have stricter permissions and is read again while the node runs.
void read_tokens_file(const std::filesystem::path& file, const event_rate& rate, std::vector<http::access_token>& out) {
  auto table = parse_toml(file);
  toml_section root{table, "", file.string()};
  bool is_given = root.has("tokens"); // an empty list is; a file that is just being written has nothing yet
  root.sections("tokens", [&](toml_section& entry) { read_token(entry, rate, out); });
  root.finish();
  if (!is_given)
    throw config_error{file.string() + " holds no [[tokens]]"};
}

} // namespace

std::vector<http::access_token> read_tokens(const token_sources& from) {
  auto out = from.configured;
  if (!from.file.empty())
    read_tokens_file(from.file, from.rate, out);
  return out;
}

void read_token_keys(toml_section& in, token_sources& from, std::vector<http::access_token>& out) {
  read_rate(in, from.rate);
  in.sections("tokens", [&](toml_section& entry) { read_token(entry, from.rate, from.configured); });
  read_path(in, "tokens_file", from.file);
  try {
    out = read_tokens(from);
  } catch (const config_error& e) {
    in.refuse("tokens_file", std::string{"cannot be used: "} + e.what());
  }
}

} // namespace hive
