#pragma once

#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <filesystem>
#include <sys/types.h>

namespace hive::sandbox {

/// The user of one run, which no other run on the machine has meanwhile. The destructor gives it back.
class run_user {
public:
  uid_t id() const {
    return id_;
  }

private:
  friend class run_users;
  run_user(uid_t id, unique_fd lock) : id_{id}, lock_{std::move(lock)} {
  }

  uid_t id_;
  unique_fd lock_; ///< its lock ends with it, and with this process
};

/// The users that sandboxed commands run as: `count` from `first` on, without those that have accounts.
class run_users {
public:
  /// None when this process cannot become another user and give files to one (it is not root, or root of a container
  /// without the capabilities or the users); `why_none` then says why.
  static run_users find(uid_t first, uint32_t count);

  bool any() const {
    return why_none_.empty();
  }
  const std::string& why_none() const {
    return why_none_;
  }

  /// ec::overloaded when all are taken, ec::unavailable when none can be locked.
  caf::expected<run_user> take() const;

private:
  uid_t first_ = 0;
  uint32_t count_ = 0;
  std::filesystem::path locks_;
  std::string why_none_;
};

/// Makes a user the owner of a file, or of a directory and all in it; follows no links. ec::unavailable with the path.
caf::error give_to(uid_t user, const std::filesystem::path& path);

} // namespace hive::sandbox
