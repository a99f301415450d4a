#include "actors/upgrade/paired_session.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <array>

namespace hive {
namespace {

/// Each side is as often first, second and last.
constexpr std::array<std::array<size_t, 3>, 6> orders_of_three{
  {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {0, 2, 1}, {2, 0, 1}, {1, 0, 2}}};

} // namespace

paired_session::paired_session(std::vector<wire::RunSide> sides, std::vector<std::string> adapters, uint32_t most_pairs,
                               analysis::look_plan plan, session_goal goal)
    : sides_{std::move(sides)}, most_pairs_{most_pairs}, plan_{plan}, goal_{goal} {
  for (auto& name : adapters)
    adapters_[std::move(name)];
}

void paired_session::add(wire::MeasuredRound::Reader round) {
  newest_ = as_view(round.getAdapter());
  auto& adapter = adapters_[newest_];
  ++adapter.rounds;
  adapter.left_out += round.getLeftOut().size() > 0;
  for (auto run : round.getRuns()) {
    adapter.seconds += run.getDurationS();
    if (run.getError().size() > 0 && adapter.error.empty())
      adapter.error = "it failed in pair " + std::to_string(round.getNumber()) + ", on version " +
                      std::string{as_view(run.getVersion())} + ": " + std::string{as_view(run.getError())};
  }
}

void paired_session::judge(capnp::List<wire::MetricJudgement>::Reader judgements) {
  std::map<std::string_view, uint32_t> needed; // of adapters with undecided metrics
  std::map<std::string_view, bool> judged;
  for (auto each : judgements) {
    auto name = as_view(each.getAdapter());
    judged[name] = true;
    bool waits_for_pairs = each.getDecision() == wire::Verdict::INCONCLUSIVE && each.getPairsNeeded() > 0;
    if (waits_for_pairs && !each.getAdvisory())
      needed[name] = std::max(needed[name], each.getPairsNeeded());
  }
  for (auto& [name, adapter] : adapters_) {
    auto undecided = needed.find(name);
    adapter.is_decided = judged.contains(name) && undecided == needed.end();
    adapter.needed = undecided == needed.end() ? 0 : undecided->second;
  }
}

bool paired_session::has_all_pairs(const adapter_state& adapter) const {
  return adapter.rounds - adapter.left_out >= most_pairs_;
}

bool paired_session::has_ended(const adapter_state& adapter) const {
  bool is_decided = goal_ == session_goal::decision && adapter.is_decided;
  return is_decided || !adapter.error.empty() || has_all_pairs(adapter) || adapter.left_out >= 2 * most_pairs_;
}

std::optional<next_round> paired_session::next() const {
  const std::pair<const std::string, adapter_state>* least = nullptr;
  for (const auto& each : adapters_)
    if (!has_ended(each.second) && (!least || each.second.rounds < least->second.rounds))
      least = &each;
  if (!least)
    return std::nullopt;
  auto number = least->second.rounds + 1;
  return next_round{least->first, number, order_of(number)};
}

std::vector<wire::RunSide> paired_session::order_of(uint32_t number) const {
  auto out = sides_;
  if (sides_.size() == orders_of_three.front().size()) {
    const auto& order = orders_of_three[(number - 1) % orders_of_three.size()];
    for (size_t i = 0; i < order.size(); ++i)
      out[i] = sides_[order[i]];
  } else if (number % 2 == 0) {
    std::ranges::reverse(out);
  }
  return out;
}

bool paired_session::is_time_to_judge(const std::string& name) const {
  auto found = adapters_.find(name);
  if (found == adapters_.end())
    return false;
  const auto& adapter = found->second;
  auto valid = adapter.rounds - adapter.left_out;
  auto is_at = [valid](const analysis::look& look) { return look.pairs == valid; };
  return has_ended(adapter) || std::ranges::any_of(analysis::looks_of(plan_), is_at);
}

std::string paired_session::progress_text() const {
  auto found = adapters_.find(newest_);
  if (found == adapters_.end())
    return "begins";
  const auto& adapter = found->second;
  return "pair " + std::to_string(adapter.rounds) + " of " + newest_ +
         (goal_ == session_goal::decision ? ", which has at most " : ", which takes ") + std::to_string(most_pairs_) +
         (adapter.left_out > 0 ? "; " + std::to_string(adapter.left_out) + " do not count" : "");
}

std::optional<double> paired_session::seconds_left() const {
  double out = 0;
  bool has_rounds = false;
  for (const auto& [name, adapter] : adapters_) {
    if (adapter.rounds == 0)
      continue;
    has_rounds = true;
    if (has_ended(adapter))
      continue;
    auto valid = adapter.rounds - adapter.left_out;
    auto wanted = adapter.needed == 0 ? most_pairs_ : std::clamp(adapter.needed, valid + 1, most_pairs_);
    auto share_that_counts = std::max(1.0, static_cast<double>(valid)) / adapter.rounds;
    out += (wanted - valid) / share_that_counts * adapter.seconds / adapter.rounds;
  }
  return has_rounds ? std::optional{out} : std::nullopt;
}

std::optional<std::string> paired_session::failure() const {
  for (const auto& [name, adapter] : adapters_)
    if (!adapter.error.empty())
      return "adapter " + name + ": " + adapter.error;
  return std::nullopt;
}

bool paired_session::is_spent() const {
  return std::ranges::any_of(adapters_, [this](const auto& each) {
    return goal_ == session_goal::decision ? !each.second.is_decided : !has_all_pairs(each.second);
  });
}

void paired_session::describe(capnp::List<wire::MeasuredAdapterState>::Builder out) const {
  uint32_t at = 0;
  for (const auto& [name, adapter] : adapters_) {
    auto to = out[at++];
    to.setAdapter(name);
    to.setRounds(adapter.rounds);
    to.setLeftOut(adapter.left_out);
    to.setEnded(has_ended(adapter));
    if (!adapter.error.empty())
      to.setError(std::string{cut_text(adapter.error, 4'000)});
  }
}

} // namespace hive
