#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hive {

/// HOST[:PORT], as in a URL, a Host header or an Origin.
struct authority {
  /// A lower-case name, or an IP address without brackets in canonical spelling. IPv4-mapped IPv6 addresses
  /// (::ffff:127.0.0.1) become IPv4.
  std::string host;
  std::optional<uint16_t> port;
  bool is_address = false;

  /// Returns nothing for malformed text, and for text with parts that this node never needs: user names, escaped
  /// characters, zones.
  static std::optional<authority> parse(std::string_view text);

  /// The authority of an http or https URL.
  static std::optional<authority> of_url(std::string_view url);

  /// A host without port in canonical spelling: a name, or an IP address with or without brackets. Returns nothing for
  /// other text.
  static std::optional<std::string> bare_host(const std::string& text);

  /// Whether the host is `localhost` or a loopback address. Does no name lookup.
  bool is_loopback() const;
};

} // namespace hive
