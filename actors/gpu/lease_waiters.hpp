#pragma once

#include "gpu/ledger/lease.hpp"
#include "messages/gpu.capnp.h"
#include "messages/msg.hpp"

#include <caf/typed_response_promise.hpp>
#include <map>
#include <vector>

namespace hive {

/// Who waits for an answer about a lease.
class lease_waiters {
public:
  using promise = caf::typed_response_promise<msg<wire::Lease>>;

  enum class until : uint8_t {
    stored,     ///< its present state is on disk, whatever it is
    granted,    ///< it is active or has ended
    given_back, ///< it is on its way to its end, or has ended
  };

  /// Returns a number for `give_up`.
  uint64_t add(lease_id id, until what, promise to) {
    waiting_[id].push_back({++last_, what, std::move(to)});
    return last_;
  }

  /// The lease is in this state, durably.
  void on_stored(lease_id id, const msg<wire::Lease>& record) {
    auto state = record->getState();
    bool is_over = state == wire::LeaseState::ACTIVE || state == wire::LeaseState::ENDED;
    answer(id, record, [&](const waiter& each) {
      if (each.what == until::given_back) // an earlier state may have been on its way to the disk
        return state > wire::LeaseState::ACTIVE;
      return is_over || (each.what == until::stored && state != wire::LeaseState::RESERVED);
    });
  }

  /// Answers one that has waited for long enough, if it still waits.
  void give_up(lease_id id, uint64_t number, const msg<wire::Lease>& record) {
    answer(id, record, [number](const waiter& each) { return each.number == number; });
  }

  void fail(lease_id id, const caf::error& why) {
    auto found = waiting_.find(id);
    if (found == waiting_.end())
      return;
    auto all = std::move(found->second);
    waiting_.erase(found);
    for (auto& each : all)
      each.to.deliver(why);
  }

  void fail_all(const caf::error& why) {
    for (auto& [id, all] : waiting_)
      for (auto& each : all)
        each.to.deliver(why);
    waiting_.clear();
  }

private:
  struct waiter {
    uint64_t number;
    until what;
    promise to;
  };

  template <class Predicate>
  void answer(lease_id id, const msg<wire::Lease>& record, Predicate chosen) {
    auto found = waiting_.find(id);
    if (found == waiting_.end())
      return;
    std::erase_if(found->second, [&](waiter& each) {
      if (!chosen(each))
        return false;
      each.to.deliver(record);
      return true;
    });
    if (found->second.empty())
      waiting_.erase(found);
  }

  std::map<lease_id, std::vector<waiter>> waiting_;
  uint64_t last_ = 0;
};

} // namespace hive
