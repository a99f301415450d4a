#include "actors/http/site.hpp"

#include "actors/http/problem.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>

namespace hive::http {
namespace {

constexpr size_t max_host_bytes = 253; // of a domain name
constexpr uint16_t http_port = 80;
constexpr uint16_t https_port = 443;

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

/// The address in the spelling of the C library, or nothing. Other spellings of IPv4 addresses, such as 127.1 or
/// 0x7f000001, are no addresses here: browsers never send them.
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

/// Digits behind the colon; none at all is what the grammar of URLs allows.
bool read_port(std::string_view digits, authority& out) {
  if (digits.empty())
    return true;
  uint16_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  out.port = number;
  return error == std::errc{} && end == digits.data() + digits.size() && digits.front() != '-';
}

/// The part of an http or https URL behind the slashes.
std::optional<std::string_view> behind_scheme(std::string_view url) {
  auto colon = url.find("://");
  if (colon == url.npos)
    return std::nullopt;
  auto scheme = lower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https")
    return std::nullopt;
  return url.substr(colon + 3);
}

/// The host of the configuration in its one spelling: a name, or an IP address with or without brackets; no port.
std::optional<std::string> bare_host(const std::string& text) {
  if (auto address = ipv6(text))
    return address;
  auto parsed = authority::parse(text);
  if (!parsed || parsed->port || text.ends_with(':'))
    return std::nullopt;
  return parsed->host;
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

site::site(const std::string& address, const std::vector<std::string>& names)
    : listen_{bare_host(address).value_or(address)}, any_address_{listen_ == "0.0.0.0" || listen_ == "::"} {
  for (const auto& name : names)
    names_.insert(bare_host(name).value_or(name));
}

caf::error site::check_name(std::string_view name) {
  if (bare_host(std::string{name}))
    return caf::none;
  return fail(ec::invalid, "\"" + std::string{name} + "\" is neither a host name nor an IP address without a port");
}

bool site::is_own(const authority& host) const {
  return host.is_loopback() || host.host == listen_ || names_.contains(host.host) || (any_address_ && host.is_address);
}

bool site::is_own_origin(std::string_view origin, const authority& host) const {
  auto page = authority::of_url(origin);
  if (!page || origin.find_first_of("/?#", origin.find("://") + 3) != origin.npos)
    return false;
  auto usual = origin.starts_with("https:") ? https_port : http_port;
  auto port = page->port.value_or(usual);
  if (page->host == host.host && port == host.port.value_or(usual))
    return true;
  // Behind a proxy that speaks TLS and names the node by its address.
  return names_.contains(page->host) && port == usual;
}

std::optional<response> site::refuse(const request_site& what) const {
  if (what.hosts != 1)
    return problem(400, ec::malformed,
                   what.hosts == 0 ? "a Host field is needed" : "there must be one Host field, not several");
  auto host = authority::parse(what.host);
  if (!host)
    return problem(400, ec::malformed, "Host must be HOST or HOST:PORT");
  if (!is_own(*host))
    return problem(421, ec::forbidden,
                   "Host names " + host->host +
                     ", which is not this node; a name of its own belongs into hosts in section [http] of its "
                     "configuration");
  if (what.origins > 1)
    return problem(400, ec::malformed, "there must be one Origin field at most");
  if (what.origins == 1 && !is_own_origin(what.origin, *host))
    return problem(403, ec::forbidden,
                   "the request comes from a web page of another site (Origin); where a page of this node's own is "
                   "served by a proxy, its host belongs into hosts in section [http] of the configuration");
  return std::nullopt;
}

} // namespace hive::http
