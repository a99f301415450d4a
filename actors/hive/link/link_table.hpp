#pragma once

#include "messages/ids.hpp"

#include <caf/error.hpp>
#include <map>
#include <optional>
#include <string>

namespace hive {

/// Why node `by` may not link: `holder` lives with the same certificate. ec::conflict.
caf::error certificate_in_use(const node_id& by, const node_id& holder);

/// Which connection is the link with which node: at most one each, also when both dial at once and when a node comes
/// back before its loss was noticed. Pure.
///
/// CAF 0.17.6 needs this: over a second connection between two nodes it takes messages for those of nobody, and their
/// requests are never answered.
class link_table {
public:
  explicit link_table(node_id self) : self_{std::move(self)} {
  }

  /// A connection whose other end has said who it is.
  struct candidate {
    node_id node;
    uint64_t epoch = 0;
    bool dialled_here = false;
    std::string holder = {};     ///< fingerprint of its certificate's key; empty without TLS
    int64_t card_written_at = 0; ///< as its card says
  };

  struct verdict {
    caf::error refused;                      ///< none: it may become the link
    std::optional<connection_id> superseded; ///< must be cut
  };

  /// Refuses this node itself (ec::invalid), a node that is linked already (ec::already_exists), and one whose
  /// certificate is that of another node with a link (ec::conflict). A later epoch wins
  /// over an earlier one. Of two connections that were dialled from both ends at once, the one that the lower id
  /// dialled wins: both ends judge alike.
  verdict admit(connection_id connection, const candidate& peer);

  /// Both ends have admitted each other: from now on only a later epoch supersedes it. Does nothing for a connection
  /// that was superseded meanwhile.
  void settle(connection_id connection);

  /// Whether this connection is the link with its node, settled or not.
  bool holds(connection_id connection) const;

  /// Whether there is a link, settled or not, with this node.
  bool has(const node_id& node) const {
    return links_.contains(node);
  }

  /// The connection has ended: answers with the node that is without a link now, if it was the link.
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
