#pragma once

#include "messages/msg.hpp"
#include "messages/revocation.capnp.h"
#include "platform/identity/revocation_list.hpp"
#include "platform/unique_fd.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// Names of a CA's files beside those of certificate_files.
namespace ca_files {
inline constexpr auto ledger = "issued.jsonl"; ///< a JSON line per certificate, oldest first
inline constexpr auto revocations = "crl.pem"; ///< the newest revocation list; in a node's TLS directory one to take
} // namespace ca_files

/// Keeps others from changing a CA's directory. Released by the destructor.
class ca_lock {
public:
  /// Waits for its turn. ec::unavailable when the directory cannot be opened.
  static caf::expected<ca_lock> take(const std::filesystem::path& ca_directory);

private:
  explicit ca_lock(unique_fd fd) : fd_{std::move(fd)} {
  }

  unique_fd fd_;
};

/// Adds a certificate to the ledger, durably, before anybody gets it. Removes a line that a crash left incomplete. The
/// caller holds a ca_lock.
caf::error append_issued(const std::filesystem::path& ca_directory, const certificate& issued, int64_t now);

/// The ledger's lines, oldest first; none without a ledger. ec::corrupt names the file and the line.
caf::expected<std::vector<msg<wire::IssuedCertificate>>> read_issued(const std::filesystem::path& ca_directory);

/// The CA's revocation list in its directory; nothing when it has none.
caf::expected<std::optional<revocation_list>> read_revocations(const std::filesystem::path& ca_directory);

/// A revocation list, and what it has more than the one before.
struct written_revocations {
  revocation_list list;
  revocation_content added;
};

/// Adds to the revocation list in the CA's directory, under the next CRL number, and replaces the file durably. If
/// nothing is new, the list stays as it is; ec::invalid when there is none either.
caf::expected<written_revocations> revoke_in(const std::filesystem::path& ca_directory, const revocation_content& more,
                                             int64_t now);

/// A serial number as people write it (upper case, colons), in the form of certificate::serial. ec::invalid.
caf::expected<std::string> parse_serial(std::string_view text);

} // namespace hive
