#pragma once

#include "messages/history.capnp.h"
#include "messages/msg.hpp"

#include <caf/expected.hpp>
#include <cstdint>
#include <vector>

namespace hive {

/// Changes of all metrics, by time, newest first; those of one capture by adapter, metric and kind. Keeps the newest
/// `most`.
class change_list {
public:
  explicit change_list(size_t most) : most_{most} {
  }

  /// Adds the changes of one more metric.
  void add(std::vector<msg<wire::HistoryChange>> changes);

  /// Says that there are metrics whose changes are not added.
  void set_partial() {
    is_partial_ = true;
  }

  /// Sorts what was added; no more is added after it.
  void finish();

  /// A page of the list. Where a page ends is told by the time and the number of a capture and by a place among its
  /// changes, so that it is found again when changes came and went. ec::invalid when `after` is no such place.
  caf::expected<msg<wire::ChangeList>> page(wire::ChangesQuery::Reader query) const;

private:
  void keep_newest();

  size_t most_;
  std::vector<msg<wire::HistoryChange>> changes_;
  uint32_t metrics_ = 0;
  bool is_partial_ = false;
};

} // namespace hive
