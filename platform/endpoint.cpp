#include "platform/endpoint.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>

namespace hive {
namespace {

/// The bytes of a numeric IP address; nothing for a name.
template <class Address>
std::optional<Address> numeric(int family, const std::string& text) {
  Address out{};
  return ::inet_pton(family, text.c_str(), &out) == 1 ? std::optional{out} : std::nullopt;
}

constexpr uint32_t loopback_net = 127;

bool is_loopback_v4(in_addr address) {
  return ntohl(address.s_addr) >> 24 == loopback_net;
}

} // namespace

std::optional<endpoint> endpoint::parse(std::string_view text) {
  auto colon = text.rfind(':');
  auto host = text.substr(0, colon == text.npos ? 0 : colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find_first_of(":[]") != host.npos)
    return std::nullopt; // an IPv6 address without brackets is ambiguous
  uint16_t number = 0;
  auto digits = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (host.empty() || digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
    return std::nullopt;
  return endpoint{std::string{host}, number};
}

std::string endpoint::text() const {
  bool v6 = address.find(':') != address.npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

bool endpoint::is_loopback() const {
  if (auto v4 = numeric<in_addr>(AF_INET, address))
    return is_loopback_v4(*v4);
  if (auto v6 = numeric<in6_addr>(AF_INET6, address))
    return IN6_IS_ADDR_LOOPBACK(&*v6);
  return address == "localhost";
}

bool endpoint::is_unspecified() const {
  if (auto v4 = numeric<in_addr>(AF_INET, address))
    return v4->s_addr == htonl(INADDR_ANY);
  if (auto v6 = numeric<in6_addr>(AF_INET6, address))
    return IN6_IS_ADDR_UNSPECIFIED(&*v6);
  return false;
}

} // namespace hive
