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

/// What a request says about the node that it is meant for, and about the web page that sent it.
struct request_site {
  std::string_view host = {};   ///< the first Host field, or the authority of an absolute target
  size_t hosts = 0;             ///< number of Host fields
  std::string_view origin = {}; ///< the first Origin field
  size_t origins = 0;           ///< number of Origin fields
};

/// The names of a node. Requests for other sites and from pages of other sites are refused on every route, because a
/// browser on this machine or network may send them on behalf of a malicious page.
///
/// A page cannot forge Host or Origin, which the browser writes. By DNS rebinding, a page can make its own *name*
/// resolve to this node; the browser then sees a single site, asks for no permission and hands over the answers. But
/// Host still contains the name, which reveals such requests. An IP address in Host, or `localhost`, did not come from
/// a name server. The port is ignored: the page chooses it, and port forwarding or a proxy changes it.
///
/// Origin is compared including its port: another port of the same machine is another site, perhaps another user's.
class site {
public:
  /// `address` is the listening IP address or `localhost`; `names` are additional hosts that pass `check_name`.
  site(const std::string& address, const std::vector<std::string>& names);

  /// Checks that a configured name is a host name, or an IP address without port; otherwise ec::invalid.
  static caf::error check_name(std::string_view name);

  /// 400 for a missing, duplicate or malformed Host, 421 for another node's, 403 for a foreign Origin; nothing when the
  /// request is acceptable.
  std::optional<response> refuse(const request_site& what) const;

private:
  bool is_own(const authority& host) const;
  bool is_own_origin(std::string_view origin, const authority& host) const;

  std::string listen_;
  bool any_address_ = false; ///< the node listens on all addresses of the machine
  std::set<std::string, std::less<>> names_;
};

} // namespace hive::http
