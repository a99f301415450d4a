#include "tests/gpu/ledger/trace.hpp"

#include "gpu/ledger/ledger.hpp"
#include "tests/paths.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace hive::gpu::testing {
namespace {

/// Devices of a node; a gang is on one node, here an island.
constexpr size_t node_devices = 8;
constexpr mib device_mib = 40'960;
constexpr mib reserved_mib = 512;
constexpr mib usable_mib = device_mib - reserved_mib;

instant at(double seconds) {
  return instant{static_cast<int64_t>(seconds * 1e6)};
}

trace_row parse(const std::string& line, std::string& source) {
  std::istringstream in{line};
  std::vector<std::string> cells;
  for (std::string cell; std::getline(in, cell, ',');)
    cells.push_back(cell);
  if (cells.size() != 10)
    throw std::runtime_error{"gpu_trace.csv: " + line};
  source = cells[0];
  return {.arrival_s = std::stod(cells[1]),
          .duration_s = std::stod(cells[2]),
          .declared_s = std::stod(cells[3]),
          .shared = cells[4] == "shared",
          .devices = static_cast<uint32_t>(std::stoul(cells[5])),
          .vram = std::stoull(cells[7]),
          .priority = std::stoi(cells[9])};
}

/// Finishes of what runs, in order of time.
using finish_queue =
  std::priority_queue<std::pair<double, size_t>, std::vector<std::pair<double, size_t>>, std::greater<>>;

/// A ledger with a clock, whose holders give back in time.
class ledger_replay {
public:
  ledger_replay(const std::vector<trace_row>& rows, size_t devices, bool with_priorities)
      : rows_{rows}, with_priorities_{with_priorities}, starts_(rows.size(), -1),
        runs_(rows.size()), ledger_{options()} {
    events::observed seen;
    for (size_t i = 0; i < devices; ++i)
      seen.devices.push_back({.uuid = "GPU-" + std::to_string(i),
                              .island = static_cast<uint32_t>(i / node_devices),
                              .total = device_mib,
                              .reserved = reserved_mib,
                              .simulated = true});
    apply(seen, 0);
  }

  replay_result run() {
    size_t next = 0;
    while (next < rows_.size() || !finishes_.empty()) {
      bool arrives = next < rows_.size() && (finishes_.empty() || rows_[next].arrival_s < finishes_.top().first);
      if (arrives) {
        request(next);
        ++next;
      } else {
        auto [time, row] = finishes_.top();
        finishes_.pop();
        apply(events::released{runs_[row].id, runs_[row].token}, time);
      }
    }
    auto out = judge(rows_, starts_, ledger_.devices().size());
    out.broken_promises = broken_;
    out.over_commits = over_commits_;
    out.lost = rows_.size() - ended_;
    return out;
  }

private:
  struct run_of_row {
    lease_id id;
    lease_token token;
    std::optional<instant> promise;
    bool has_ended = false;
  };

  static ledger_options options() {
    ledger_options out;
    out.max_queued = 20'000;
    out.max_queued_of_holder = 20'000;
    out.ask_grace = out.kill_limit = out.drain_limit = out.load_limit = duration{0};
    return out;
  }

  void request(size_t row) {
    const auto& wanted = rows_[row];
    lease_request asked{.holder = "trace", .key = {}};
    asked.vram = wanted.shared ? wanted.vram : usable_mib;
    asked.devices = wanted.devices;
    asked.shared = wanted.shared;
    asked.priority = with_priorities_ ? wanted.priority : 0;
    asked.ttl = asked.max_duration = at(wanted.declared_s);
    coming_ = row;
    apply(events::requested{asked}, wanted.arrival_s);
  }

  void apply(const event& what, double time) {
    time_ = time;
    for (const auto& each : std::vector{ledger_.apply(what, at(time))})
      take(each);
    for (const auto& each : ledger_.devices())
      over_commits_ += each.leased() > usable_mib;
  }

  /// Outputs name leases; what they say is how the lease is now, so that several may say the same.
  void take(const output& what) {
    if (what.what == output::kind::accepted) {
      row_of_[what.id] = coming_;
      runs_[coming_].id = what.id;
    }
    if (what.what != output::kind::changed)
      return;
    const auto* found = ledger_.find(what.id);
    auto row = row_of_.at(what.id);
    if (found->state == wire::LeaseState::ENDED)
      end(row, *found);
    else if (found->state == wire::LeaseState::QUEUED && found->promised_at)
      runs_[row].promise = std::min(runs_[row].promise.value_or(instant::max()), *found->promised_at);
    else if (found->state == wire::LeaseState::RESERVED && starts_[row] < 0)
      start(row, *found);
  }

  void start(size_t row, const lease& held) {
    starts_[row] = time_;
    runs_[row].token = held.token;
    finishes_.emplace(time_ + rows_[row].duration_s, row);
    broken_ += at(time_) > runs_[row].promise.value_or(instant::max());
    apply(events::stored{held.id}, time_);
  }

  void end(size_t row, const lease& ended) {
    // One that takes as long as it may is overdue at that very moment.
    if (ended.outcome == wire::LeaseOutcome::RELEASED || ended.outcome == wire::LeaseOutcome::OVERDUE)
      ended_ += !std::exchange(runs_[row].has_ended, true);
  }

  const std::vector<trace_row>& rows_;
  bool with_priorities_;
  std::vector<double> starts_;
  std::vector<run_of_row> runs_;
  ledger ledger_;
  std::map<lease_id, size_t> row_of_;
  finish_queue finishes_;
  size_t coming_ = 0; ///< the row that is being requested, before the outputs name its id
  double time_ = 0;
  size_t broken_ = 0;
  size_t over_commits_ = 0;
  size_t ended_ = 0;
};

/// Devices without any rule but that of their modes, with best fit.
class simple_devices {
public:
  explicit simple_devices(size_t count) : free_(count, usable_mib), exclusive_(count) {
  }

  /// On the node that has the least left over.
  std::vector<size_t> place(const trace_row& what) const {
    std::vector<size_t> best;
    mib best_left = 0;
    for (size_t first = 0; first < free_.size(); first += node_devices) {
      auto where = place_on(first, what);
      auto left = std::accumulate(free_.begin() + static_cast<long>(first),
                                  free_.begin() + static_cast<long>(first + node_devices), mib{0});
      if (!where.empty() && (best.empty() || left < best_left)) {
        best = where;
        best_left = left;
      }
    }
    return best;
  }

  void take(const trace_row& what, const std::vector<size_t>& where) {
    for (auto i : where) {
      free_[i] -= what.shared ? what.vram : usable_mib;
      exclusive_[i] = !what.shared;
    }
  }

  void give_back(const trace_row& what, const std::vector<size_t>& where) {
    for (auto i : where) {
      free_[i] += what.shared ? what.vram : usable_mib;
      exclusive_[i] = false;
    }
  }

private:
  std::vector<size_t> place_on(size_t first, const trace_row& what) const {
    std::vector<size_t> fitting;
    for (size_t i = first; i < first + node_devices; ++i)
      if (what.shared ? !exclusive_[i] && free_[i] >= what.vram : free_[i] == usable_mib && !exclusive_[i])
        fitting.push_back(i);
    if (fitting.size() < what.devices)
      return {};
    std::ranges::stable_sort(fitting, {}, [this](size_t i) { return free_[i]; });
    fitting.resize(what.devices);
    return fitting;
  }

  std::vector<mib> free_;
  std::vector<bool> exclusive_;
};

double turn_of(const trace_row& row, discipline how) {
  if (how == discipline::largest_area)
    return -row.work();
  return how == discipline::shortest ? row.duration_s : row.arrival_s;
}

} // namespace

double trace_row::work() const {
  return duration_s * devices * (shared ? static_cast<double>(vram) / usable_mib : 1);
}

std::vector<trace_row> load_trace(const std::string& source, double cap_s, double load, size_t devices) {
  std::ifstream in{HIVE_TEST_DATA "/gpu_trace.csv"};
  std::string line;
  std::getline(in, line);
  std::vector<trace_row> out;
  double work = 0;
  while (std::getline(in, line)) {
    std::string from;
    auto row = parse(line, from);
    if (from != source)
      continue;
    row.duration_s = std::min(row.duration_s, cap_s);
    row.declared_s = std::min(row.declared_s, cap_s);
    work += row.work();
    out.push_back(row);
  }
  if (out.empty())
    throw std::runtime_error{"gpu_trace.csv has no rows of " + source};
  std::ranges::stable_sort(out, {}, &trace_row::arrival_s);
  auto first = out.front().arrival_s;
  auto scale = work / load / static_cast<double>(devices) / (out.back().arrival_s - first);
  for (auto& each : out)
    each.arrival_s = (each.arrival_s - first) * scale;
  return out;
}

replay_result judge(const std::vector<trace_row>& rows, const std::vector<double>& starts, size_t devices) {
  replay_result out;
  auto window = rows.back().arrival_s;
  auto filling = window / 10; // until then there is too little to choose from
  double done = 0;
  double end = 0;
  std::vector<double> waits;
  std::vector<double> gang_waits;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (starts[i] < 0)
      continue;
    auto in_window = std::max(0.0, std::min(window, starts[i] + rows[i].duration_s) - std::max(filling, starts[i]));
    done += rows[i].work() * (rows[i].duration_s > 0 ? in_window / rows[i].duration_s : 0);
    end = std::max(end, starts[i] + rows[i].duration_s);
    waits.push_back(starts[i] - rows[i].arrival_s);
    if (rows[i].devices > 1)
      gang_waits.push_back(waits.back());
  }
  double bound = 0;
  double later = 0;
  for (size_t i = rows.size(); i-- > 0;) {
    later += rows[i].work();
    bound = std::max(bound, rows[i].arrival_s + later / static_cast<double>(devices));
  }
  auto mean = [](const std::vector<double>& of) {
    return of.empty() ? 0 : std::accumulate(of.begin(), of.end(), 0.0) / static_cast<double>(of.size());
  };
  std::ranges::sort(waits);
  out.utilisation = done / (window - filling) / static_cast<double>(devices);
  out.makespan = end / bound;
  out.mean_wait = mean(waits);
  out.p95_wait = waits[waits.size() * 95 / 100];
  out.max_wait = waits.back();
  out.gang_mean_wait = mean(gang_waits);
  return out;
}

replay_result replay_ledger(const std::vector<trace_row>& rows, size_t devices, bool with_priorities) {
  return ledger_replay{rows, devices, with_priorities}.run();
}

replay_result replay_simply(const std::vector<trace_row>& rows, size_t devices, discipline how) {
  simple_devices free{devices};
  std::vector<double> starts(rows.size(), -1);
  std::vector<std::vector<size_t>> places(rows.size());
  std::set<std::pair<double, size_t>> waiting;
  finish_queue finishes;
  size_t next = 0;
  while (next < rows.size() || !finishes.empty()) {
    double now = 0;
    if (next < rows.size() && (finishes.empty() || rows[next].arrival_s < finishes.top().first)) {
      now = rows[next].arrival_s;
      waiting.emplace(turn_of(rows[next], how), next);
      ++next;
    } else {
      auto row = finishes.top().second;
      now = finishes.top().first;
      finishes.pop();
      free.give_back(rows[row], places[row]);
    }
    for (auto it = waiting.begin(); it != waiting.end();) {
      auto row = it->second;
      auto where = free.place(rows[row]);
      if (where.empty()) {
        if (how == discipline::fifo)
          break;
        ++it;
        continue;
      }
      free.take(rows[row], where);
      places[row] = where;
      starts[row] = now;
      finishes.emplace(now + rows[row].duration_s, row);
      it = waiting.erase(it);
    }
  }
  return judge(rows, starts, devices);
}

} // namespace hive::gpu::testing
