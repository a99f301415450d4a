#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace hive {

/// A file that may hold the operator token.
struct token_place {
  std::filesystem::path file; ///< absolute
  mode_t mode = 0600;
  /// Whether the directory must be private to this user; it is then created with mode 0700 if missing. Its parent must
  /// be owned by this user.
  bool private_directory = false;
};

/// Candidate files for the token of a node on this port, in the order in which they are tried:
/// `$RUNTIME_DIRECTORY/PORT.token` of a systemd unit, readable by the unit's group;
/// `$XDG_RUNTIME_DIR/hivemark/PORT.token`; `DATA/operator.token`.
std::vector<token_place> token_places(const std::filesystem::path& data, uint16_t port);

/// A file with the operator token; exists while its owner lives. The token is void after a restart, so a file
/// left behind by a crash is harmless, and the file need not be durable.
class operator_token_file {
public:
  /// Writes the token to the first usable file of `places`, replacing an existing file, and logs a warning for each
  /// unusable one. Nobody can read the file before it is complete and has its final mode; symbolic links are replaced,
  /// not followed. ec::storage_failed names the last place and the reason.
  static caf::expected<std::unique_ptr<operator_token_file>> write(const std::vector<token_place>& places,
                                                                   std::string_view token);

  /// Removes the file, unless another file has replaced it.
  ~operator_token_file();
  operator_token_file(const operator_token_file&) = delete;
  operator_token_file& operator=(const operator_token_file&) = delete;

  const std::filesystem::path& path() const {
    return path_;
  }

private:
  operator_token_file(std::filesystem::path path, const struct stat& about);

  std::filesystem::path path_;
  dev_t device_;
  ino_t inode_;
};

} // namespace hive
