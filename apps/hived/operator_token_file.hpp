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
  /// The directory is made, with mode 0700, when it is missing, and must then be this user's alone. What it lies in
  /// must be this user's.
  bool private_directory = false;
};

/// Where the token of a node on this port belongs, in the order in which it is tried: `$RUNTIME_DIRECTORY/PORT.token`
/// of a systemd unit, readable by the unit's group; `$XDG_RUNTIME_DIR/hivemark/PORT.token`; `DATA/operator.token`.
std::vector<token_place> token_places(const std::filesystem::path& data, uint16_t port);

/// A file with the token by which this machine's operator is known, from its writing to the end of its owner. It says
/// nothing of the next start, so a crash may leave it behind and nothing of it needs to reach the disk.
class operator_token_file {
public:
  /// Writes the token into the first of `places` that takes it, in place of what was there, and logs a warning for each
  /// that does not. Nobody can read the file before it is whole and has its mode; symbolic links are replaced, not
  /// followed. Fails with ec::storage_failed naming the last of the places and the reason.
  static caf::expected<std::unique_ptr<operator_token_file>> write(const std::vector<token_place>& places,
                                                                   std::string_view token);

  /// Removes the file, unless another one has taken its place.
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
