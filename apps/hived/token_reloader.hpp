#pragma once

#include "actors/http/authorizer.hpp"
#include "apps/hived/token_sources.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace hive {

/// Reads the tokens again while the node runs. What cannot be used leaves the tokens as they were, and the log says
/// why. Thread-safe.
class token_reloader {
public:
  token_reloader(token_sources from, std::shared_ptr<http::authorizer> into);

  /// Reads the tokens.
  void reload();

  /// Reads the tokens if their file has changed since it was last read or looked at.
  void look();

private:
  /// What changes with a file: its device, inode, size, and times of change in nanoseconds. Nothing: there is none.
  using stamp = std::optional<std::array<int64_t, 5>>;

  stamp stamp_now() const;
  void read(bool is_asked);

  const token_sources from_;
  const std::shared_ptr<http::authorizer> into_;
  std::mutex mutex_; // guards the following
  stamp seen_;       ///< nothing at first: the file may have changed since the start read it
};

} // namespace hive
