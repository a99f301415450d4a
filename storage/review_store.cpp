#include "storage/review_store.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <charconv>

namespace hive {

std::string review_id(review_number number) {
  return "r" + std::to_string(number.value);
}

std::optional<review_number> number_of_review(std::string_view id) {
  review_number out;
  if (!id.starts_with('r'))
    return std::nullopt;
  auto [end, error] = std::from_chars(id.data() + 1, id.data() + id.size(), out.value);
  if (error != std::errc{} || end != id.data() + id.size() || review_id(out) != id)
    return std::nullopt;
  return out;
}

caf::expected<std::optional<msg<wire::Review>>> review_store::find(review_number number) const {
  return db_.get_msg<wire::Review>(column::inputs, keys::review(number.value));
}

caf::error review_store::visit(review_number before,
                               const std::function<database::scan(const msg<wire::Review>&)>& visit_review) const {
  caf::error damage;
  auto prefix = keys::reviews();
  auto end = before.value == 0 ? keys::after_prefix(prefix).value_or(std::string{}) : keys::review(before.value);
  auto unreadable = db_.visit_back(column::inputs, prefix, end, [&](auto key, auto value) {
    auto review = database::load_stored<wire::Review>(column::inputs, key, value);
    if (review)
      return visit_review(*review);
    damage = review.error();
    return database::scan::stop;
  });
  return unreadable ? unreadable : damage;
}

void review_store::put(write_set& writes, const msg<wire::Review>& review) {
  if (auto number = number_of_review(as_view(review->getId())))
    writes.put(column::inputs, keys::review(number->value), review.bytes());
}

void review_store::erase(write_set& writes, review_number number) {
  writes.erase(column::inputs, keys::review(number.value));
}

caf::expected<std::optional<msg<wire::BaseRuns>>> review_store::find_base(std::string_view key) const {
  return db_.get_msg<wire::BaseRuns>(column::inputs, keys::base_runs(key));
}

caf::expected<std::vector<std::string>> review_store::base_keys() const {
  std::vector<std::pair<int64_t, std::string>> found;
  caf::error damage;
  auto prefix = keys::all_base_runs();
  auto unreadable = db_.visit(column::inputs, prefix, prefix, [&](auto key, auto value) {
    auto runs = database::load_stored<wire::BaseRuns>(column::inputs, key, value);
    if (!runs) {
      damage = runs.error();
      return database::scan::stop;
    }
    found.emplace_back((*runs)->getMeasuredAt(), as_view((*runs)->getKey()));
    return database::scan::next;
  });
  if (unreadable || damage)
    return unreadable ? unreadable : damage;
  std::ranges::sort(found);
  std::vector<std::string> out;
  for (auto& [measured_at, key] : found)
    out.push_back(std::move(key));
  return out;
}

void review_store::put_base(write_set& writes, const msg<wire::BaseRuns>& runs) {
  writes.put(column::inputs, keys::base_runs(as_view(runs->getKey())), runs.bytes());
}

void review_store::erase_base(write_set& writes, std::string_view key) {
  writes.erase(column::inputs, keys::base_runs(key));
}

} // namespace hive
