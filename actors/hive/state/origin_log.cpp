#include "actors/hive/state/origin_log.hpp"

#include <sodium.h>

namespace hive {

slot_ptr origin_log::find(const slot_name& name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : at(found->second);
}

slot_ptr origin_log::at(write_stamp stamp) const {
  auto found = by_stamp_.find(stamp);
  return found == by_stamp_.end() ? nullptr : found->second;
}

slot_ptr origin_log::put(slot_ptr what) {
  slot_ptr earlier;
  auto [named, is_new] = by_name_.try_emplace(what->name, what->stamp);
  if (!is_new) {
    auto found = by_stamp_.find(named->second);
    earlier = std::move(found->second);
    bytes_ -= bytes_of(*earlier);
    by_stamp_.erase(found);
    named->second = what->stamp;
  }
  bytes_ += bytes_of(*what);
  by_stamp_.emplace(what->stamp, std::move(what));
  hash_.reset();
  return earlier;
}

std::vector<slot_ptr> origin_log::newer_than(write_stamp since) const {
  std::vector<slot_ptr> out;
  for (auto next = by_stamp_.upper_bound(since); next != by_stamp_.end(); ++next)
    out.push_back(next->second);
  return out;
}

std::pair<size_t, size_t> origin_log::usage_of(const std::set<slot_kind>& kinds) const {
  std::pair<size_t, size_t> out;
  for (auto kind : kinds)
    for (auto each = by_name_.lower_bound({kind, {}}); each != by_name_.end() && each->first.kind == kind; ++each) {
      ++out.first;
      out.second += bytes_of(*by_stamp_.at(each->second));
    }
  return out;
}

content_hash origin_log::hash() const {
  if (hash_)
    return *hash_;
  crypto_generichash_state state;
  content_hash out{};
  crypto_generichash_init(&state, nullptr, 0, out.size());
  for (const auto& [stamp, held] : by_stamp_) {
    auto each = hash_of(*held);
    crypto_generichash_update(&state, each.data(), each.size());
  }
  crypto_generichash_final(&state, out.data(), out.size());
  hash_ = out;
  return out;
}

} // namespace hive
