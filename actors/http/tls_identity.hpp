#pragma once

#include "actors/http/peer.hpp"

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

namespace hive::http {

/// The files of an HTTPS server.
struct tls_files {
  std::filesystem::path certificate; ///< PEM: its certificate, then those between it and its CA
  std::filesystem::path key;         ///< PEM; must not be accessible to others
  std::filesystem::path client_ca;   ///< PEM: who issues client certificates; empty: none are taken
};

/// What an HTTPS server presents, and whose client certificates it takes. Thread-safe.
class tls_identity {
public:
  using context = boost::asio::ssl::context;

  /// Reads and checks the files: the key belongs to the certificate, which is valid at `now` (seconds since 1970).
  /// Errors name the file.
  static caf::expected<std::shared_ptr<tls_identity>> load(tls_files files, certificate_roles roles, int64_t now);

  /// Reads the files again, for subsequent connections. On failure what was read before stays.
  caf::error reload(int64_t now);

  /// Whether one of the files was written since the last call, or since they were first read.
  bool has_changed();

  /// For a new connection. Client certificates are asked for where there is a CA for them, and never required.
  std::shared_ptr<context> current() const;

  /// The holder of the certificate that the client of this connection showed; nothing without one.
  std::optional<peer> holder_of(SSL* connection) const;

  /// End of the certificate's validity in seconds since 1970.
  int64_t not_after() const;

  bool takes_client_certificates() const {
    return !files_.client_ca.empty();
  }

private:
  struct loaded {
    std::shared_ptr<context> made;
    int64_t not_after = 0;
  };

  tls_identity(tls_files files, certificate_roles roles)
      : files_{std::move(files)}, roles_{std::move(roles)}, seen_{stamps_now()} {
  }

  /// When the files were written; a file that cannot be looked at has its own value.
  using stamps = std::array<std::filesystem::file_time_type, 3>;

  caf::expected<loaded> read(int64_t now) const;
  stamps stamps_now() const;

  const tls_files files_;
  const certificate_roles roles_;
  mutable std::mutex mutex_; // guards the following
  loaded now_;
  stamps seen_;
};

} // namespace hive::http
