#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// An address and port to bind or to connect to.
struct endpoint {
  std::string address; ///< an IP address, without brackets, or a host name
  uint16_t port = 0;

  /// Parses `ADDRESS:PORT` (IPv6 addresses in brackets). Returns nothing for other text.
  static std::optional<endpoint> parse(std::string_view text);

  /// ADDRESS:PORT; an IPv6 address in brackets.
  std::string text() const;

  /// Whether the address is `localhost` or a loopback address.
  bool is_loopback() const;

  /// Whether the address means all interfaces (such as 0.0.0.0), so that nobody can connect to it as written.
  bool is_unspecified() const;

  auto operator<=>(const endpoint&) const = default;
};

} // namespace hive
