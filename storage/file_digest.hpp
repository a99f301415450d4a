#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace hive {

/// Incremental XXH3 (64 bits). Detects damage, not forgery.
class file_digest {
public:
  file_digest();
  ~file_digest();
  file_digest(file_digest&&) noexcept;
  file_digest& operator=(file_digest&&) noexcept;

  void add(std::string_view bytes);

  /// The digest of everything added so far; more may follow.
  uint64_t value() const;

  static uint64_t of(std::string_view bytes);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The digest of the file's first `size` bytes. ec::corrupt, naming the file, when it is missing, shorter or
/// unreadable.
caf::expected<uint64_t> digest_of_file(const std::filesystem::path& file, uint64_t size);

} // namespace hive
