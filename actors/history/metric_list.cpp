#include "actors/history/metric_list.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

namespace hive {
namespace {

constexpr int64_t day = 86'400'000'000;

/// A metric, and what its place in the list depends on.
struct placed_line {
  wire::MetricLine::Reader line;
  bool moved = false;
  bool worse = false; ///< these two of metrics that moved alone
  double p = 0;

  auto place() const {
    return std::tuple{!moved, !worse, p, as_view(line.getAdapter()), as_view(line.getName())};
  }
};

placed_line place(wire::MetricLine::Reader line, int64_t since) {
  placed_line out{line};
  if (!line.hasChange() || line.getChange().getAt() < since)
    return out;
  out.moved = true;
  out.worse = line.getChange().getWorse();
  out.p = line.getChange().getP();
  return out;
}

std::string name_of(wire::MetricLine::Reader line) {
  return std::string{as_view(line.getAdapter())} + "." + std::string{as_view(line.getName())};
}

} // namespace

caf::expected<msg<wire::MetricList>> metric_list::page(wire::MetricsQuery::Reader query,
                                                       int64_t now_unix_micros) const {
  auto since = now_unix_micros - static_cast<int64_t>(query.getDays()) * day;
  std::vector<placed_line> listed;
  uint32_t total = 0, moved = 0;
  std::optional<placed_line> last; // of the page before
  for (const auto& each : lines_) {
    auto placed = place(*each, since);
    if (query.hasAfter() && name_of(placed.line) == as_view(query.getAfter()))
      last = placed;
    if (query.hasAdapter() && as_view(query.getAdapter()) != as_view(placed.line.getAdapter()))
      continue;
    ++total;
    moved += placed.moved;
    if (placed.moved || !query.getMoved())
      listed.push_back(placed);
  }
  if (query.hasAfter() && !last)
    return fail(ec::invalid, "/after is no metric of the list");
  auto before = [](const placed_line& a, const placed_line& b) { return a.place() < b.place(); };
  std::ranges::sort(listed, before);
  auto begin = last ? std::ranges::upper_bound(listed, *last, before) : listed.begin();
  auto rest = static_cast<size_t>(listed.end() - begin);
  auto size = std::min<size_t>(rest, query.getLimit());
  return msg<wire::MetricList>::build([&](wire::MetricList::Builder out) {
    auto list = out.initMetrics(static_cast<uint32_t>(size));
    for (uint32_t i = 0; i < size; ++i)
      list.setWithCaveats(i, begin[i].line);
    if (rest > size)
      out.setNext(name_of(begin[static_cast<std::ptrdiff_t>(size) - 1].line));
    out.setTotal(total);
    out.setMoved(moved);
    out.setPartial(is_partial_);
  });
}

} // namespace hive
