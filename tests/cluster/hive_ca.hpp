#pragma once

#include "tests/cluster/hived_process.hpp"

#include "messages/timestamp.hpp"
#include "platform/identity/certificate_authority.hpp"
#include "platform/identity/credentials.hpp"

#include <filesystem>

namespace hive::cluster {

/// The CA of a hive of real nodes. Issues certificates to them, and to a test that poses as one.
class hive_ca {
public:
  /// Creates the CA in `directory`, which must not exist; throws when that fails.
  explicit hive_ca(std::filesystem::path directory)
      : directory_{std::move(directory)}, ca_{must(create_ca(directory_, "hive", days, now_s()))} {
  }

  /// Issues a certificate to `node` unless it has one, and adds it to the options.
  void secure(hived_options& node, const std::string& name) const {
    auto tls = node.directory / "tls";
    if (!std::filesystem::exists(tls))
      must(issue_into(directory_, tls, certificate_role::node, name, days, now_s()));
    node.arguments.insert(node.arguments.end(), {"--tls", tls.string()});
  }

  credentials issue(const std::string& name) const {
    return {{ca_.cert},
            must(issue_certificate(ca_, {certificate_role::node, name, now_s() - 60, now_s() + 86'400 * (days - 1)})),
            certificate_role::node};
  }

private:
  static constexpr uint32_t days = 10;

  static int64_t now_s() {
    return now_unix_micros() / 1'000'000;
  }

  static certified_key must(caf::expected<certified_key> made) {
    if (!made)
      throw std::runtime_error(text_of(made.error()));
    return std::move(*made);
  }

  std::filesystem::path directory_;
  certified_key ca_;
};

} // namespace hive::cluster
