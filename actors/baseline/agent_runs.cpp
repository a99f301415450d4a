#include "actors/baseline/agent_runs.hpp"

#include "actors/baseline/stream_codec.hpp"
#include "actors/baseline/stream_text.hpp"
#include "actors/defaults.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace hive {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

std::optional<double> given(double value) {
  return std::isnan(value) ? std::nullopt : std::optional{value};
}

bool is_success(wire::AgentRun::Reader run) {
  return run.getOutcome() == wire::RunOutcome::SUCCESS;
}

/// An item and its seed: another seed is another item.
std::string item_name(wire::AgentRun::Reader run) {
  std::string out{as_view(run.getItem())};
  if (run.getSeed().size() > 0)
    out += "@" + std::string{as_view(run.getSeed())};
  return out;
}

analysis::item_numbers welford_of(wire::ItemNumbers::Reader numbers) {
  return {numbers.getRuns(), numbers.getMean(), numbers.getSquares()};
}

void fill(wire::ItemNumbers::Builder out, analysis::item_numbers numbers, double more) {
  if (!std::isnan(more))
    analysis::add_run(numbers, more);
  out.setRuns(numbers.runs);
  out.setMean(numbers.mean);
  out.setSquares(numbers.squares);
}

/// The item with one more run.
msg<wire::AgentItem> with_run(wire::AgentItem::Reader item, const std::string& name, wire::AgentRun::Reader run) {
  return msg<wire::AgentItem>::build([&](wire::AgentItem::Builder out) {
    out.setItem(name);
    out.setRuns(item.getRuns() + 1);
    out.setPasses(item.getPasses() + is_success(run));
    fill(out.initDuration(), welford_of(item.getDuration()), run.getDurationS());
    fill(out.initReward(), welford_of(item.getReward()), run.getReward());
    fill(out.initTokens(), welford_of(item.getTokens()), run.getTokens());
    fill(out.initCost(), welford_of(item.getCost()), run.getCost());
  });
}

double per_success(double sum, uint64_t runs, uint64_t successes) {
  return runs > 0 && successes > 0 ? sum / static_cast<double>(successes) : unknown;
}

} // namespace

// -- trajectory -------------------------------------------------------------------

bool agent_trajectory::add(const analysis::trajectory& run) {
  if (reference.runs < reference_runs) {
    analysis::add_run(reference, run);
    return reference.runs == reference_runs;
  }
  if (newer.runs == half_runs)
    older = std::exchange(newer, {});
  analysis::add_run(newer, run);
  return newer.runs == half_runs;
}

analysis::fingerprint agent_trajectory::newest() const {
  return analysis::merge(older, newer);
}

std::optional<analysis::trajectory_change> agent_trajectory::change() const {
  auto now = newest();
  if (reference.runs < half_runs || now.runs < half_runs)
    return std::nullopt;
  return analysis::compare_trajectories(reference, now);
}

void agent_trajectory::accept() {
  auto now = newest();
  if (now.runs > 0)
    reference = std::move(now);
  older = {};
  newer = {};
}

// -- runs -------------------------------------------------------------------------

agent_runs::agent_runs(const database& db, stored_agent who) : store_{db}, who_{std::move(who)} {
}

void agent_runs::forget() {
  is_loaded_ = false;
  evidence_ = {};
  trajectory_ = {};
  totals_ = {};
  item_version_.reset();
  items_.clear();
  changed_.clear();
  resampled_.clear();
}

caf::error agent_runs::load() {
  if (is_loaded_)
    return caf::none;
  auto failure = store_.visit_streams(who_, [&](wire::StreamState::Reader state, wire::StreamSample::Reader sample) {
    if (state.hasSuccess())
      evidence_.successes.emplace(key_of(state), decode_success(state.getSuccess()));
    else
      evidence_.numbers.emplace(key_of(state), decode_number(state, sample));
  });
  if (failure)
    return failure;
  auto summary = store_.summary(who_);
  if (!summary)
    return summary.error();
  auto from = **summary;
  trajectory_ = {decode(from.getReference()), decode(from.getOlder()), decode(from.getNewer())};
  totals_ = {from.getRuns(),      from.getSuccesses(),      from.getTokens(),
             from.getTokenRuns(), from.getTokenSuccesses(), from.getCost(),
             from.getCostRuns(),  from.getCostSuccesses(),  from.getOtherItems()};
  evidence_.left_out = from.getLeftOut();
  is_loaded_ = true;
  return caf::none;
}

caf::error agent_runs::load_items(uint32_t version) {
  if (item_version_ == version)
    return caf::none;
  auto items = store_.items(who_, version);
  if (!items)
    return items.error();
  items_.clear();
  for (auto& item : *items) {
    std::string name{as_view(item->getItem())};
    items_.emplace(std::move(name), std::move(item));
  }
  item_version_ = version;
  return caf::none;
}

caf::expected<agent_runs::added> agent_runs::add(write_set& writes, capnp::List<wire::AgentRun>::Reader runs,
                                                 uint32_t version, double threshold, const judge_offset& offset_of) {
  if (auto error = load())
    return error;
  added out;
  std::set<std::string> touched;
  for (auto run : runs) {
    observe(run, threshold, offset_of, out);
    count_totals(run);
    out.trajectory_changed |= count_trajectory(run);
    if (run.getItem().size() == 0)
      continue;
    if (auto error = load_items(version))
      return error;
    if (auto name = count_item(run); !name.empty())
      touched.insert(std::move(name));
  }
  for (const auto& name : touched)
    run_store::put_item(writes, who_, version, items_.at(name));
  put_streams(writes);
  put_summary(writes);
  return out;
}

void agent_runs::observe(wire::AgentRun::Reader run, double threshold, const judge_offset& offset_of, added& out) {
  std::vector<std::string> slices;
  for (auto label : run.getLabels())
    slices.push_back(std::string{as_view(label.getName())} + "=" + std::string{as_view(label.getValue())});
  std::vector<std::string_view> slice_views{slices.begin(), slices.end()};
  analysis::measured_run measured;
  measured.action = as_view(run.getActionId());
  measured.success = is_success(run);
  measured.duration_s = given(run.getDurationS());
  if (auto offset = offset_of(as_view(run.getJudge())); offset && !std::isnan(run.getReward()))
    measured.reward = run.getReward() - *offset;
  measured.tokens = given(run.getTokens());
  measured.cost = given(run.getCost());
  measured.slices = slice_views;
  for (auto& update : analysis::observe(evidence_, measured, threshold)) {
    ++out.stream_runs;
    changed_.insert(update.key);
    if (update.change.reference_changed)
      resampled_.insert(update.key);
    if (update.change.before == update.change.after)
      continue;
    auto same = std::ranges::find(out.changed, update.key, &analysis::stream_update::key);
    if (same == out.changed.end())
      out.changed.push_back(std::move(update));
    else
      same->change.after = update.change.after;
  }
}

void agent_runs::count_totals(wire::AgentRun::Reader run) {
  bool success = is_success(run);
  ++totals_.runs;
  totals_.successes += success;
  if (!std::isnan(run.getTokens())) {
    totals_.tokens += run.getTokens();
    ++totals_.token_runs;
    totals_.token_successes += success;
  }
  if (!std::isnan(run.getCost())) {
    totals_.cost += run.getCost();
    ++totals_.cost_runs;
    totals_.cost_successes += success;
  }
}

/// Returns the item's name; nothing when it is one too many.
std::string agent_runs::count_item(wire::AgentRun::Reader run) {
  auto name = item_name(run);
  auto known = items_.find(name);
  if (known == items_.end() && items_.size() >= defaults::max_items_of_capture) {
    ++totals_.other_items;
    return {};
  }
  auto before = known == items_.end() ? msg<wire::AgentItem>{} : known->second;
  items_.insert_or_assign(name, with_run(*before, name, run));
  return name;
}

bool agent_runs::count_trajectory(wire::AgentRun::Reader run) {
  if (run.getTools().size() == 0 && run.getSteps() == 0)
    return false;
  std::vector<std::string_view> tools;
  for (auto tool : run.getTools())
    tools.push_back(as_view(tool));
  return trajectory_.add({tools, run.getSteps(), run.getRetries(), is_success(run)});
}

caf::error agent_runs::accept(write_set& writes, double threshold) {
  if (auto error = load())
    return error;
  for (auto& key : analysis::accept_all(evidence_, threshold)) {
    resampled_.insert(key);
    changed_.insert(std::move(key));
  }
  trajectory_.accept();
  put_streams(writes);
  if (totals_.runs > 0)
    put_summary(writes);
  return caf::none;
}

void agent_runs::put_streams(write_set& writes) {
  for (const auto& key : std::exchange(changed_, {})) {
    if (auto found = evidence_.successes.find(key); found != evidence_.successes.end()) {
      run_store::put_stream(writes, who_, encode(key, found->second));
      continue;
    }
    const auto& stream = evidence_.numbers.at(key);
    auto state = encode(key, stream);
    run_store::put_stream(writes, who_, state);
    if (resampled_.contains(key) || !stream.learned)
      run_store::put_sample(writes, who_, state, encode_sample(stream));
  }
  resampled_.clear();
}

void agent_runs::put_summary(write_set& writes) const {
  run_store::put_summary(writes, who_, msg<wire::RunSummary>::build([&](wire::RunSummary::Builder out) {
                           fill(out.initReference(), trajectory_.reference);
                           fill(out.initOlder(), trajectory_.older);
                           fill(out.initNewer(), trajectory_.newer);
                           out.setRuns(totals_.runs);
                           out.setSuccesses(totals_.successes);
                           out.setTokens(totals_.tokens);
                           out.setTokenRuns(totals_.token_runs);
                           out.setTokenSuccesses(totals_.token_successes);
                           out.setCost(totals_.cost);
                           out.setCostRuns(totals_.cost_runs);
                           out.setCostSuccesses(totals_.cost_successes);
                           out.setOtherItems(totals_.other_items);
                           out.setLeftOut(evidence_.left_out);
                         }));
}

// -- questions --------------------------------------------------------------------

caf::expected<std::vector<analysis::action_sample>> agent_runs::samples() {
  if (auto error = load())
    return error;
  std::vector<analysis::action_sample> out;
  for (const auto& [key, stream] : evidence_.successes)
    if (key.slice.empty() && stream.reference_runs >= analysis::min_reference_runs)
      out.push_back({key.action, stream.reference_runs, stream.reference_successes});
  return out;
}

caf::expected<std::vector<msg<wire::StreamVerdict>>> agent_runs::verdicts(double threshold) {
  if (auto error = load())
    return error;
  std::vector<msg<wire::StreamVerdict>> out;
  for (const auto& [key, report] : analysis::explain_all(evidence_, threshold))
    if (report.says != analysis::drift_evidence::learning)
      out.push_back(msg<wire::StreamVerdict>::build([&](wire::StreamVerdict::Builder to) {
        to.setMeasured(static_cast<wire::Measure>(key.measured));
        to.setAction(key.action);
        to.setSlice(key.slice);
        to.setSays(static_cast<wire::StreamEvidence>(report.says));
        to.setReference(report.reference);
        to.setRecent(report.recent);
        to.setRuns(report.runs_up);
      }));
  return out;
}

caf::expected<std::optional<msg<wire::RunMetrics>>> agent_runs::metrics() {
  if (auto error = load())
    return error;
  if (totals_.runs == 0)
    return std::optional<msg<wire::RunMetrics>>{};
  return std::optional{msg<wire::RunMetrics>::build([&](wire::RunMetrics::Builder out) { fill_metrics(out); })};
}

void agent_runs::fill_metrics(wire::RunMetrics::Builder out) const {
  out.setRuns(totals_.runs);
  out.setSuccesses(totals_.successes);
  std::vector<std::pair<const analysis::stream_key*, const analysis::success_stream*>> actions;
  for (const auto& [key, stream] : evidence_.successes)
    if (key.slice.empty())
      actions.emplace_back(&key, &stream);
  auto list = out.initPerAction(static_cast<uint32_t>(actions.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    const auto& stream = *actions[i].second;
    list[i].setId(actions[i].first->action);
    list[i].setRecentRuns(stream.newest.runs);
    list[i].setRecentSuccesses(analysis::successes(stream.newest));
    list[i].setReferenceRuns(stream.reference_runs);
    list[i].setReferenceSuccesses(stream.reference_successes);
  }
  out.setTokensPerSuccess(per_success(totals_.tokens, totals_.token_runs, totals_.token_successes));
  out.setCostPerSuccess(per_success(totals_.cost, totals_.cost_runs, totals_.cost_successes));
  auto newest = trajectory_.newest();
  const auto& shown = newest.runs > 0 ? newest : trajectory_.reference;
  if (shown.runs == 0)
    return;
  out.setStepsPerSuccess(per_success(static_cast<double>(shown.steps), shown.runs, shown.successes));
  fill(out.initTrajectory(), shown);
}

caf::error agent_runs::explain(wire::AgentExplanation::Builder out, double threshold, uint32_t version) {
  if (auto error = load())
    return error;
  auto reports = analysis::explain_all(evidence_, threshold);
  auto streams = out.initStreams(static_cast<uint32_t>(reports.size()));
  for (uint32_t i = 0; i < streams.size(); ++i)
    fill_report(streams[i], reports[i]);
  out.setThreshold(threshold);
  out.setLeftOut(evidence_.left_out);
  if (totals_.runs > 0)
    fill_metrics(out.initMetrics());
  if (auto error = load_items(version))
    return error;
  if (!items_.empty())
    fill_flakiness(out.initFlakiness(), items_of(items_));
  auto texts = summary_texts(reports, trajectory_.change());
  auto list = out.initText(static_cast<uint32_t>(texts.size()));
  for (uint32_t i = 0; i < list.size(); ++i)
    list.set(i, texts[i]);
  return caf::none;
}

caf::expected<std::optional<analysis::trajectory_change>> agent_runs::trajectory_change() {
  if (auto error = load())
    return error;
  return trajectory_.change();
}

caf::expected<agent_runs::pairs> agent_runs::items(uint32_t before, uint32_t after) {
  pairs out;
  for (auto [version, to] : {std::pair{before, &out.before}, std::pair{after, &out.after}}) {
    if (item_version_ == version) {
      *to = items_of(items_);
      continue;
    }
    auto found = store_.items(who_, version);
    if (!found)
      return found.error();
    *to = std::move(*found);
  }
  return out;
}

std::vector<msg<wire::AgentItem>> agent_runs::items_of(const item_map& items) {
  std::vector<msg<wire::AgentItem>> out;
  out.reserve(items.size());
  for (const auto& [name, item] : items)
    out.push_back(item);
  return out;
}

} // namespace hive
