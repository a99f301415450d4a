#pragma once

#include "actors/events/api.hpp"
#include "actors/store/api.hpp"
#include "storage/database.hpp"

#include <memory>

namespace hive {

/// A store and what belongs to it, for the services that keep their records in it: that of the node, or of a namespace.
struct store_handles {
  explicit store_handles(std::shared_ptr<database> opened) : db{std::move(opened)} {
  }

  std::shared_ptr<database> db;
  committer_actor committer;
  events_actor events; ///< none in a namespace, whose events nobody follows
};

} // namespace hive
