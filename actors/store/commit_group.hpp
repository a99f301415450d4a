#pragma once

#include "actors/store/api.hpp"
#include "storage/database.hpp"

#include <caf/typed_response_promise.hpp>
#include <vector>

namespace hive {

/// Write sets that are written together, with their senders, each of whom is answered: none of them has a timeout.
class commit_group {
public:
  using sender = caf::typed_response_promise<committed>;

  explicit commit_group(const database& db) : batch{db} {
  }
  commit_group(commit_group&&) noexcept = default;
  commit_group& operator=(commit_group&&) noexcept = default;
  /// A group that is dropped unanswered was in the hands of the disk.
  ~commit_group();

  void add(const write_set& writes, sender who);

  size_t sets() const {
    return senders_.size();
  }

  /// Answers all senders: with the error, or that their writes are durable.
  void answer(const caf::error& err);

  database::batch batch;

private:
  std::vector<sender> senders_;
};

} // namespace hive
