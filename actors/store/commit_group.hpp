#pragma once

#include "actors/store/api.hpp"
#include "storage/database.hpp"

#include <caf/mailbox_element.hpp>
#include <caf/typed_response_promise.hpp>
#include <vector>

namespace hive {

/// Write sets that are written together, with their senders, each of whom is answered: none of them has a timeout.
class commit_group {
public:
  using sender = caf::typed_response_promise<committed>;

  commit_group() = default;
  commit_group(commit_group&&) noexcept = default;
  commit_group& operator=(commit_group&&) noexcept = default;
  /// A group that is dropped unanswered was in the hands of the disk.
  ~commit_group();

  /// `request` contains a write_set, which is kept there and not copied.
  void add(caf::mailbox_element_ptr request, sender who);

  size_t sets() const {
    return requests_.size();
  }

  /// Of the write sets.
  size_t bytes() const {
    return bytes_;
  }

  void put_into(database::batch& out) const;

  /// Answers all senders: with the error, or that their writes are durable.
  void answer(const caf::error& err);

private:
  std::vector<caf::mailbox_element_ptr> requests_;
  std::vector<sender> senders_; ///< of the requests, in their order
  size_t bytes_ = 0;
};

/// The write set of a request that contains one.
const write_set& writes_of(const caf::mailbox_element& request);

} // namespace hive
