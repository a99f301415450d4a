#pragma once

#include "actors/http/exchange.hpp"
#include "platform/authority.hpp"

#include <caf/error.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hive::http {

/// What a request tells of the node it is meant for, and of the web page that sent it.
struct request_site {
  std::string_view host = {};   ///< the first Host field, or the authority of a target that is a whole URL
  size_t hosts = 0;             ///< number of Host fields
  std::string_view origin = {}; ///< the first Origin field
  size_t origins = 0;           ///< number of Origin fields
};

/// The names by which a node is reached. Requests for another site and requests of pages of another site are refused
/// on every route, because a browser on this machine, or in this network, sends them on behalf of the page.
///
/// A page cannot forge Host or Origin: the browser writes them. By DNS rebinding it can make its own *name* resolve to
/// this node, and the browser then sees one site, asks for no permission and hands over the answers. The name stays in
/// Host, so it tells such requests from others. An IP address in Host is none that a name server gave, nor is
/// `localhost`. The port tells nothing: the page chooses it, and a forwarded port or a proxy changes it.
///
/// Origin is compared with its port: another port of the same machine is another site, perhaps another user's.
class site {
public:
  /// `address` is the IP address that is listened on, or `localhost`; `names` are further hosts, as `check_name`
  /// takes them.
  site(const std::string& address, const std::vector<std::string>& names);

  /// Whether a name of the configuration is a host name or an IP address, without a port. Fails with ec::invalid.
  static caf::error check_name(std::string_view name);

  /// 400 for a Host that is missing, given twice or malformed, 421 for another node's, 403 for a foreign Origin;
  /// nothing when the request is in order.
  std::optional<response> refuse(const request_site& what) const;

private:
  bool is_own(const authority& host) const;
  bool is_own_origin(std::string_view origin, const authority& host) const;

  std::string listen_;
  bool any_address_ = false; ///< all addresses of the machine are listened on
  std::set<std::string, std::less<>> names_;
};

} // namespace hive::http
