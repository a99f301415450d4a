#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// Where a socket is bound or connects to.
struct endpoint {
  std::string address; ///< an IP address, without brackets, or a host name
  uint16_t port = 0;

  /// Takes `ADDRESS:PORT` apart (IPv6 addresses in brackets). Nothing when `text` is not of this form.
  static std::optional<endpoint> parse(std::string_view text);

  /// ADDRESS:PORT; an IPv6 address in brackets.
  std::string text() const;

  /// Whether only this machine can be meant: `localhost` or an address of the loopback.
  bool is_loopback() const;

  /// Whether it means all addresses of the machine, so that nobody can connect to it as it stands.
  bool is_unspecified() const;

  auto operator<=>(const endpoint&) const = default;
};

} // namespace hive
