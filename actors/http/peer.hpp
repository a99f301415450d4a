#pragma once

#include "actors/http/access.hpp"
#include "platform/identity/trust_register.hpp"

#include <map>
#include <optional>
#include <sys/types.h>

namespace hive::http {

/// Who is at the other end of a connection, as far as its transport says so: the holder of a client certificate, or the
/// user of a process behind a Unix socket.
struct peer {
  enum class kind : uint8_t { unknown, certificate, user };

  kind what = kind::unknown;
  std::string name = {};      ///< of the certificate or the user
  role grants = role::anyone; ///< what it may do without a token
  std::string id = {};        ///< counts like the name of a token; empty: it says nothing about who that is
  std::string address = {};   ///< IP address; empty: this machine's Unix socket
  std::optional<connection_validity> shown = {}; ///< its certificate

  /// For refusals: "certificate NAME" or "user NAME".
  std::string text() const {
    return (what == kind::user ? "user " : "certificate ") + name;
  }

  /// Why it may not go on, although its certificate was good when it came; empty when it may.
  std::string why_invalid(const revocations& revoked) const {
    if (!shown)
      return {};
    if (std::chrono::steady_clock::now() >= shown->until)
      return "the certificate of " + name + " has expired";
    return revoked.why_revoked(shown->cert);
  }
};

/// A configured pair: who, and the name of a role.
using role_entry = std::pair<std::string, std::string>;

/// The roles of client certificates. Immutable.
class certificate_roles {
public:
  /// Engines may record, nodes may read.
  certificate_roles();

  /// Each entry's `who` is `engine` or `node`, which are roles of certificates, or `name:NAME`, the certificate of that
  /// name whatever its role. ec::invalid names the entry.
  static caf::expected<certificate_roles> make(const std::vector<role_entry>& entries);

  /// The holder of this certificate, whose issuer has been checked.
  peer holder_of(const certificate& shown) const;

private:
  std::map<std::string, role, std::less<>> by_name_;
  std::map<certificate_role, role> by_role_;
};

/// A process at the other end of a Unix socket.
struct unix_user {
  uid_t user = 0;
  std::vector<gid_t> groups; ///< its effective group and its supplementary ones
};

/// The roles of users and groups of this machine. Immutable.
class user_roles {
public:
  /// Root and the user of this process may operate. They have no id, like the operator token.
  user_roles();

  /// Each entry's `who` is a user's name or number, or `@` and a group's. ec::invalid names an entry whose user or
  /// group does not exist.
  static caf::expected<user_roles> make(const std::vector<role_entry>& entries);

  /// Who this is, with the highest role of its user and its groups.
  peer known_as(const unix_user& who) const;

private:
  struct empty {};
  explicit user_roles(empty) {
  }

  bool tells_ids_ = true;
  std::map<uid_t, role> by_user_;
  std::map<gid_t, role> by_group_;
};

/// The process that connected to this Unix socket. Fails with ec::unavailable.
caf::expected<unix_user> user_behind(int socket);

} // namespace hive::http
