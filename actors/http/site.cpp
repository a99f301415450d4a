#include "actors/http/site.hpp"

#include "actors/http/problem.hpp"
#include "messages/ec.hpp"

namespace hive::http {
namespace {

constexpr uint16_t http_port = 80;
constexpr uint16_t https_port = 443;

} // namespace

site::site(const std::string& address, const std::vector<std::string>& names)
    : listen_{authority::bare_host(address).value_or(address)}, any_address_{listen_ == "0.0.0.0" || listen_ == "::"} {
  for (const auto& name : names)
    names_.insert(authority::bare_host(name).value_or(name));
}

caf::error site::check_name(std::string_view name) {
  if (authority::bare_host(std::string{name}))
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
  // Allows a TLS proxy that sends the node's own address as Host.
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
