#pragma once

#include "messages/ids.hpp"

#include <caf/error.hpp>
#include <map>
#include <optional>
#include <string>

namespace hive {

/// The error with which node `by` is refused, because the live node `holder` uses the same certificate. ec::conflict.
caf::error certificate_in_use(const node_id& by, const node_id& holder);

/// Which connection is the link with each node: at most one, even when both nodes dial at once or a node reconnects
/// before its loss was noticed. Pure.
///
/// Required by CAF 0.17.6, which misroutes messages on a second connection between two processes: requests over it are
/// never answered.
class link_table {
public:
  explicit link_table(node_id self) : self_{std::move(self)} {
  }

  /// A connection with an authenticated peer.
  struct candidate {
    node_id node;
    uint64_t epoch = 0;
    bool dialled_here = false;
    std::string holder = {};     ///< key fingerprint of its certificate; empty without TLS
    int64_t card_written_at = 0; ///< from its card
  };

  struct verdict {
    caf::error refused;                      ///< none: accepted
    std::optional<connection_id> superseded; ///< must be closed
  };

  /// Refuses this node itself (ec::invalid), a node that is linked already (ec::already_exists), and a node whose
  /// certificate another linked node uses (ec::conflict). A later epoch supersedes an earlier one. If both ends dialled
  /// at once, the connection dialled by the lower id wins; both ends decide alike.
  verdict admit(connection_id connection, const candidate& peer);

  /// Both ends have accepted: from now on only a later epoch supersedes the connection. No effect if it was superseded
  /// meanwhile.
  void settle(connection_id connection);

  /// Whether this connection is the link with its node, settled or not.
  bool holds(connection_id connection) const;

  /// Whether there is a link, settled or not, with this node.
  bool has(const node_id& node) const {
    return links_.contains(node);
  }

  /// The connection has ended. Returns its node if it was the link.
  std::optional<node_id> drop(connection_id connection);

private:
  struct link {
    connection_id connection;
    uint64_t epoch = 0;
    bool dialled_by_lower = false;
    bool settled = false;
    std::string holder;
  };

  std::map<node_id, link>::iterator find(connection_id connection);

  node_id self_;
  std::map<node_id, link> links_;
};

} // namespace hive
