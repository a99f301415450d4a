#include "platform/authority.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>

namespace hive {
namespace {

constexpr size_t max_host_bytes = 253; // limit for a domain name

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// The address in canonical spelling, or nothing. Other spellings of IPv4 addresses, such as 127.1 or 0x7f000001, are
/// rejected: browsers never send them.
std::optional<std::string> ipv4(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1)
    return std::nullopt;
  char out[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &address, out, sizeof out);
}

std::optional<std::string> ipv6(const std::string& text) {
  in6_addr address{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1)
    return std::nullopt;
  char out[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&address))
    return ::inet_ntop(AF_INET, address.s6_addr + 12, out, sizeof out);
  return ::inet_ntop(AF_INET6, &address, out, sizeof out);
}

bool read_host(std::string_view text, authority& out) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']'))
      return false;
    auto address = ipv6(std::string{text.substr(1, text.size() - 2)});
    out.host = address.value_or("");
    return out.is_address = address.has_value();
  }
  out.host = lower(text);
  auto address = ipv4(out.host);
  out.is_address = address.has_value();
  return !text.empty() && text.size() <= max_host_bytes && std::ranges::all_of(out.host, is_name_character);
}

/// Reads the digits after the colon; RFC 3986 permits an empty port.
bool read_port(std::string_view digits, authority& out) {
  if (digits.empty())
    return true;
  uint16_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  out.port = number;
  return error == std::errc{} && end == digits.data() + digits.size() && digits.front() != '-';
}

/// The part of an http or https URL after `://`.
std::optional<std::string_view> behind_scheme(std::string_view url) {
  auto colon = url.find("://");
  if (colon == url.npos)
    return std::nullopt;
  auto scheme = lower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https")
    return std::nullopt;
  return url.substr(colon + 3);
}

} // namespace

std::optional<authority> authority::parse(std::string_view text) {
  authority out;
  auto colon = text.starts_with('[') ? text.find(':', std::min(text.find(']'), text.size())) : text.find(':');
  if (!read_host(text.substr(0, colon), out))
    return std::nullopt;
  if (colon != text.npos && !read_port(text.substr(colon + 1), out))
    return std::nullopt;
  return out;
}

std::optional<authority> authority::of_url(std::string_view url) {
  auto rest = behind_scheme(url);
  return rest ? parse(rest->substr(0, rest->find_first_of("/?#"))) : std::nullopt;
}

bool authority::is_loopback() const {
  return is_address ? host.starts_with("127.") || host == "::1" : host == "localhost";
}

std::optional<std::string> authority::bare_host(const std::string& text) {
  if (auto address = ipv6(text))
    return address;
  auto parsed = parse(text);
  if (!parsed || parsed->port || text.ends_with(':'))
    return std::nullopt;
  return parsed->host;
}

} // namespace hive
