#include "platform/fetch_url.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>

namespace hive {
namespace {

constexpr std::string_view https = "https://";
constexpr std::string_view file = "file://";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Characters of a path; what could be an escape, a query or a quotation is not among them.
bool is_path_character(char c) {
  return is_letter_or_digit(c) || std::string_view{"/._-~+,=@"}.find(c) != std::string_view::npos;
}

/// Why this text is no URL that can be fetched; empty when it is one.
std::string fault_of_scheme(std::string_view url) {
  if (url.find("::") != std::string_view::npos && url.find("::") < url.find('/'))
    return "names a transport helper, which would run a command";
  if (url.starts_with(https) || url.starts_with(file))
    return {};
  auto end = url.find("://");
  if (end != std::string_view::npos)
    return "has the scheme " + printable(url.substr(0, end)) + "; only https:// and file:// are fetched";
  if (auto colon = url.find(':'); colon != std::string_view::npos && colon < url.find('/'))
    return "is an address for ssh; only https:// and file:// are fetched";
  return "is a plain path; only https:// and file:// are fetched";
}

std::string fault_of_path(std::string_view path) {
  if (!std::ranges::all_of(path, is_path_character))
    return "may hold only letters, digits and /._-~+,=@ in its path";
  while (!path.empty()) {
    auto part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part == "." || part == "..")
      return "has the part '" + std::string{part} + "' in its path";
  }
  return {};
}

std::string fault_of_host(std::string_view host) {
  auto colon = host.find(':');
  auto name = host.substr(0, colon);
  auto port = colon == std::string_view::npos ? std::string_view{"443"} : host.substr(colon + 1);
  if (host.find('@') != std::string_view::npos)
    return "holds a user name or a password; nothing is fetched with credentials";
  auto is_name = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; };
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  constexpr size_t max_port_digits = 5;
  if (name.empty() || !is_letter_or_digit(name.front()) || !std::ranges::all_of(name, is_name) || port.empty() ||
      port.size() > max_port_digits || !std::ranges::all_of(port, is_digit))
    return "has no host name";
  return {};
}

std::string fault_of(std::string_view url) {
  if (url.empty() || url.size() > max_fetch_url_bytes)
    return "must have 1 to " + std::to_string(max_fetch_url_bytes) + " bytes";
  if (auto fault = fault_of_scheme(url); !fault.empty())
    return fault;
  if (url.starts_with(file)) {
    auto path = url.substr(file.size());
    return path.starts_with('/') ? fault_of_path(path) : "must be file:// and an absolute path";
  }
  auto rest = url.substr(https.size());
  auto host = rest.substr(0, rest.find('/'));
  auto fault = fault_of_host(host);
  return fault.empty() ? fault_of_path(rest.substr(host.size())) : fault;
}

bool covers(std::string_view prefix, std::string_view url) {
  return url.starts_with(prefix) && (prefix.ends_with('/') || url.size() == prefix.size() || url[prefix.size()] == '/');
}

caf::error refused(const char* what, std::string_view url, const std::string& fault) {
  constexpr size_t max_quoted = 200;
  return fail(ec::invalid, what + printable(url.substr(0, max_quoted)) + " " + fault);
}

} // namespace

caf::error check_fetch_prefix(std::string_view prefix) {
  auto fault = fault_of(prefix);
  return fault.empty() ? caf::error{} : refused("the prefix ", prefix, fault);
}

caf::error check_fetch_url(std::string_view url, std::span<const std::string> allowed) {
  if (auto fault = fault_of(url); !fault.empty())
    return refused("the URL ", url, fault);
  if (std::ranges::any_of(allowed, [&](const std::string& prefix) { return covers(prefix, url); }))
    return caf::none;
  return fail(ec::forbidden,
              "the URL " + std::string{url} +
                (allowed.empty() ? " is not allowed: this node installs nothing; [dynamic] allowed lists the prefixes "
                                   "of the URLs from which it may"
                                 : " begins with none of the prefixes in [dynamic] allowed"));
}

} // namespace hive
