#include "actors/baseline/span_window.hpp"

#include "actors/defaults.hpp"
#include "analysis/rounding.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace hive {
namespace {

using analysis::round_decimals;

/// HART OS gives a trend only to this many rewards.
constexpr size_t min_rewards_for_trend = 10;
constexpr double trend_margin = 0.10;
constexpr double min_margin_of_negative = 0.01;

double mean(std::span<const double> values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

wire::Trend trend_of(std::span<const double> rewards) {
  if (rewards.size() < min_rewards_for_trend)
    return wire::Trend::STABLE;
  auto half = rewards.size() / 2;
  return reward_trend(mean(rewards.first(half)), mean(rewards.subspan(half)));
}

} // namespace

wire::Trend reward_trend(double earlier, double later) {
  auto margin = trend_margin * std::abs(earlier);
  if (earlier < 0)
    margin = std::max(margin, min_margin_of_negative);
  // For earlier >= 0 written as HART OS does, so that the last bit agrees.
  auto above = earlier < 0 ? earlier + margin : earlier * (1 + trend_margin);
  auto below = earlier < 0 ? earlier - margin : earlier * (1 - trend_margin);
  if (later > above)
    return wire::Trend::IMPROVING;
  return later < below ? wire::Trend::DECLINING : wire::Trend::STABLE;
}

span_window::entry span_window::entry_of(wire::ExecutionSpan::Reader span, uint64_t sequence) {
  entry out;
  out.sequence = sequence;
  out.succeeded = as_view(span.getStatus()) == "success";
  out.failed = as_view(span.getStatus()) == "error";
  out.is_run = span.getActionId().size() > 0;
  out.start_s = span.getStartTime();
  out.duration_s = span.getDuration();
  for (auto event : span.getEvents())
    if (as_view(event.getType()) == "reward") {
      auto reward = event.getData().getReward();
      out.rewards.push_back(std::isnan(reward) ? 0 : reward);
    }
  out.id = as_view(span.getSpanId());
  out.session = as_view(span.getSession());
  return out;
}

void span_window::restore(wire::ExecutionSpan::Reader span) {
  spans_.push_back(entry_of(span, span.getSequence()));
}

span_window::change span_window::add(capnp::List<wire::ExecutionSpan>::Reader spans, uint64_t& next_sequence) {
  change out;
  for (uint32_t place = 0; place < spans.size(); ++place) {
    auto span = spans[place];
    auto id = as_view(span.getSpanId());
    auto same = id.empty() ? spans_.end() : std::ranges::find(spans_, id, &entry::id);
    bool is_new = same == spans_.end();
    auto sequence = is_new ? next_sequence++ : same->sequence;
    auto added = entry_of(span, sequence);
    auto has_ended = [](const entry& each) { return each.is_run && (each.succeeded || each.failed); };
    if (has_ended(added) && (is_new || !has_ended(*same)))
      out.ended.push_back(place);
    if (is_new)
      spans_.push_back(std::move(added));
    else
      *same = std::move(added);
    out.put.push_back(msg<wire::ExecutionSpan>::build([&](wire::ExecutionSpan::Builder to) {
      to.setSpanId(span.getSpanId());
      to.setStatus(span.getStatus());
      to.setDuration(span.getDuration());
      to.setStartTime(span.getStartTime());
      to.setSession(span.getSession());
      to.setParticipant(span.getParticipant());
      to.setActionId(span.getActionId());
      to.setEvents(span.getEvents());
      to.setSequence(sequence);
    }));
  }
  trim(out);
  return out;
}

/// Drops the oldest spans of each outcome that are too many.
void span_window::trim(change& out) {
  std::vector<uint64_t> dropped;
  for (bool outcome : {true, false}) {
    auto ordered = in_order({});
    std::erase_if(ordered, [&](const entry* each) { return each->succeeded != outcome; });
    auto surplus = ordered.size() - std::min(ordered.size(), defaults::kept_spans);
    for (size_t i = 0; i < surplus; ++i)
      dropped.push_back(ordered[i]->sequence);
  }
  std::ranges::sort(dropped);
  auto is_dropped = [&](uint64_t sequence) { return std::ranges::binary_search(dropped, sequence); };
  std::erase_if(spans_, [&](const entry& each) { return is_dropped(each.sequence); });
  std::erase_if(out.put, [&](const msg<wire::ExecutionSpan>& each) { return is_dropped(each->getSequence()); });
  out.erase = std::move(dropped);
}

/// The spans of a session, or all, oldest first: by their start when all have one, else as received.
std::vector<const span_window::entry*> span_window::in_order(std::string_view session) const {
  std::vector<const entry*> out;
  for (const auto& each : spans_)
    if (session.empty() || each.session == session)
      out.push_back(&each);
  if (std::ranges::none_of(out, [](const entry* each) { return std::isnan(each->start_s); }))
    std::ranges::stable_sort(out, {}, [](const entry* each) { return each->start_s; });
  return out;
}

std::optional<msg<wire::LightningMetrics>> span_window::metrics(std::string_view session) const {
  auto all = in_order(session);
  if (all.empty())
    return std::nullopt;
  auto used = all;
  std::erase_if(used, [](const entry* each) { return !each->succeeded; });
  if (used.empty())
    used = all;
  auto newest = [](const std::vector<const entry*>& ordered) {
    return std::span{ordered}.last(std::min(ordered.size(), defaults::kept_spans));
  };
  auto error_rate = [](std::span<const entry* const> spans) {
    auto errors = std::ranges::count_if(spans, [](const entry* each) { return each->failed; });
    return round_decimals(static_cast<double>(errors) / static_cast<double>(std::max<size_t>(1, spans.size())), 3);
  };
  std::vector<double> rewards;
  std::vector<double> durations;
  for (const auto* each : newest(used)) {
    rewards.insert(rewards.end(), each->rewards.begin(), each->rewards.end());
    if (each->duration_s > 0)
      durations.push_back(each->duration_s);
  }
  constexpr double ms_per_s = 1'000;
  return msg<wire::LightningMetrics>::build([&](wire::LightningMetrics::Builder out) {
    out.setAvgReward(round_decimals(mean(rewards), 4));
    out.setTotalReward(round_decimals(std::accumulate(rewards.begin(), rewards.end(), 0.0), 4));
    out.setRewardTrend(trend_of(rewards));
    out.setExecutionCount(static_cast<uint32_t>(newest(used).size()));
    out.setErrorRate(error_rate(newest(used)));
    out.setAvgDurationMs(round_decimals(mean(durations) * ms_per_s, 1));
    out.setObservedErrorRate(error_rate(newest(all)));
  });
}

} // namespace hive
