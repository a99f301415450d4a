#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// HOST[:PORT], as it stands in a URL, a Host field or an Origin.
struct authority {
  /// A name in lower case, or an IP address without brackets in one spelling: an IPv4 address also where it was written
  /// as an IPv6 one (::ffff:127.0.0.1).
  std::string host;
  std::optional<uint16_t> port;
  bool is_address = false;

  /// Nothing for what is no such thing, and for what this node never needs: a user, an escaped character, a zone.
  static std::optional<authority> parse(std::string_view text);

  /// The authority of an http or https URL, without its path.
  static std::optional<authority> of_url(std::string_view url);

  /// A host alone in its one spelling: a name, or an IP address with or without brackets. Nothing with a port.
  static std::optional<std::string> bare_host(const std::string& text);

  /// `localhost` or an address of the loopback. No name server is asked for any of them.
  bool is_loopback() const;
};

} // namespace hive
