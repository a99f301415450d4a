#include "actors/history/change_list.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <tuple>

namespace hive {
namespace {

using change = msg<wire::HistoryChange>;

/// A capture, in the order of time.
struct moment {
  int64_t at = 0;
  uint64_t capture = 0;
  auto operator<=>(const moment&) const = default;
};

moment moment_of(const change& of) {
  return {std::max<int64_t>(of->getAt(), 0), of->getCaptureId()};
}

bool comes_before(const change& a, const change& b) {
  if (auto first = moment_of(a), second = moment_of(b); first != second)
    return second < first;
  auto rest = [](const change& of) {
    return std::tuple{as_view(of->getAdapter()), as_view(of->getMetric()), of->getKind()};
  };
  return rest(a) < rest(b);
}

/// The last entry of a page: a capture, and a place among its changes.
struct cursor {
  moment when;
  size_t place = 0;
};

std::string to_text(const cursor& of) {
  return std::to_string(of.when.at) + "-" + std::to_string(of.when.capture) + "-" + std::to_string(of.place);
}

std::optional<cursor> to_cursor(std::string_view text) {
  cursor out;
  const char* at = text.data();
  const char* end = at + text.size();
  auto read = [&](auto& number) {
    auto [behind, error] = std::from_chars(at, end, number);
    at = behind;
    return error == std::errc{};
  };
  auto skip = [&] { return at != end && *at++ == '-'; };
  bool good = read(out.when.at) && skip() && read(out.when.capture) && skip() && read(out.place) && at == end;
  return good ? std::optional{out} : std::nullopt;
}

} // namespace

void change_list::add(std::vector<msg<wire::HistoryChange>> changes) {
  ++metrics_;
  std::ranges::move(changes, std::back_inserter(changes_));
  if (changes_.size() >= 2 * most_) // not each time, since sorting takes its time
    keep_newest();
}

void change_list::finish() {
  keep_newest();
}

void change_list::keep_newest() {
  std::ranges::sort(changes_, comes_before);
  if (changes_.size() <= most_)
    return;
  is_partial_ = true;
  changes_.erase(changes_.begin() + static_cast<std::ptrdiff_t>(most_), changes_.end());
}

caf::expected<msg<wire::ChangeList>> change_list::page(wire::ChangesQuery::Reader query) const {
  std::optional<cursor> after;
  if (query.hasAfter() && !(after = to_cursor(as_view(query.getAfter()))))
    return fail(ec::invalid, "/after is no entry at which a page ends");
  std::vector<const change*> listed;
  cursor here, last;
  bool more = false;
  for (size_t i = 0; i < changes_.size() && !more; ++i) {
    auto when = moment_of(changes_[i]);
    here = {when, i > 0 && here.when == when ? here.place + 1 : 0};
    bool is_listed = after && (after->when < when || (after->when == when && here.place <= after->place));
    if (is_listed || (query.getWorse() && !changes_[i]->getWorse()))
      continue;
    more = listed.size() == query.getLimit();
    if (more)
      break;
    listed.push_back(&changes_[i]);
    last = here;
  }
  return msg<wire::ChangeList>::build([&](wire::ChangeList::Builder out) {
    auto list = out.initChanges(static_cast<uint32_t>(listed.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.setWithCaveats(i, **listed[i]);
    if (more)
      out.setNext(to_text(last));
    out.setMetrics(metrics_);
    out.setPartial(is_partial_);
  });
}

} // namespace hive
