#include "tests/actors/upgrade/verdict/verdict_cases.hpp"

#include "messages/json.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace hive::test {
namespace {

using side = wire::RunSide;

/// Noise of integers, which no compiler rounds.
class integer_noise {
public:
  explicit integer_noise(uint32_t seed) : state_{seed} {
  }

  /// From -spread to spread.
  int32_t next(int32_t spread) {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<int32_t>((state_ >> 8) % static_cast<uint32_t>(2 * spread + 1)) - spread;
  }

private:
  uint32_t state_;
};

/// Without rounding.
double quarters(int32_t count) {
  return static_cast<double>(count) / 4;
}

template <class T>
msg<T> from(const std::string& json) {
  json_error why;
  auto read = from_json<T>(json, why);
  if (!read)
    throw std::runtime_error{why.message() + " in " + json};
  return *read;
}

msg<wire::UpgradeQuery> query(const std::string& policy, const std::string& more = {}) {
  return from<wire::UpgradeQuery>(R"({"old":"v1","new":"v2","policy":")" + policy + "\"" + more + "}");
}

msg<wire::Snapshot> snapshot(const std::string& version, int capture, const std::string& metrics,
                             const std::string& adapters = R"("a":{"status":"ok","duration_s":1.5})") {
  return from<wire::Snapshot>(
    R"({"version":")" + version + R"(","captured_at":"2026-01-02T03:04:05.000006Z","capture_id":)" +
    std::to_string(capture) +
    R"(,"environment":{"cpu_model":"a processor","cores":4,"memory_mib":16000,"kernel":"6.1"},"metrics":{)" + metrics +
    R"(},"adapters":{)" + adapters + "}}");
}

std::string metric(const std::string& name, const std::string& value, const std::string& more = {}) {
  return "\"" + name + R"(":{"adapter":"a","value":)" + value +
         (more.find("direction") == std::string::npos ? R"(,"direction":"lower")" : "") + more + "}";
}

/// A metric with noisy samples around a mean in quarters.
std::string sampled(const std::string& name, int32_t mean, int32_t spread, uint32_t count, uint32_t seed,
                    const std::string& more = {}) {
  integer_noise noise{seed};
  int64_t sum = 0;
  std::string samples;
  for (uint32_t i = 0; i < count; ++i) {
    auto value = mean + noise.next(spread);
    sum += value;
    constexpr const char* fractions[] = {"", ".25", ".5", ".75"};
    samples += (i ? "," : "") + std::to_string(value / 4) + fractions[value % 4];
  }
  return metric(name, std::to_string(sum / (4 * static_cast<int64_t>(count))),
                R"(,"samples":[)" + samples + "]" + more);
}

// -- snapshots alone -------------------------------------------------------------------

/// Values of zero, below zero, of no number, with a floor, with margins, in another unit, and missing ones.
check_inputs odd_inputs() {
  auto shared = [](const std::string& latency, const std::string& lost, const std::string& delta,
                   const std::string& rate) {
    return metric("latency", latency, R"(,"unit":"ms")") + "," +
           metric("lost", lost, R"(,"unit":"ratio","absolute_margin":0.02)") + "," +
           metric("delta", delta, R"(,"direction":"higher","absolute_margin":0.5)") + "," +
           metric("rate", rate, R"(,"direction":"higher","floor":0.9,"unit":"ratio")") + "," +
           metric("shown", delta, R"(,"gate":false)");
  };
  auto old_metrics = shared("950.125", "0", "-3.75", "0.99") + "," + metric("none", "null") + "," +
                     metric("zero", "-0") + "," + metric("size", "1e-7", R"(,"unit":"MB")") + "," +
                     metric("gone", "7") + "," + metric("huge", "1.7976931348623157e308");
  auto new_metrics = shared("1200.3", "0.0625", "-3.5", "0.91") + "," + metric("none", "3") + "," +
                     metric("zero", "0.1") + "," + metric("size", "0.5", R"(,"unit":"GB")") + "," +
                     metric("huge", "5e-324") + "," + metric("fresh", "1");
  return {
    {snapshot("v1", 3, old_metrics, R"("a":{"status":"ok"},"b":{"status":"skipped","reason":"no GPU"})")},
    {snapshot("v2", 4, new_metrics, R"("a":{"status":"ok"},"b":{"status":"error","reason":"it \"died\"\n – ü"})")}};
}

std::vector<analysis::configured_rules> odd_rules() {
  analysis::configured_rules margin{"a.lost"}, all{"*"};
  margin.absolute_margin = 0.125;
  margin.advisory = false;
  margin.same_environment.emplace();
  all.margin = 0.1;
  all.kind = analysis::metric_kind::continuous;
  all.gate = true;
  all.same_environment = analysis::environment_fields{analysis::environment_field::cpu_model};
  return {margin, all};
}

check_inputs sampled_inputs() {
  auto metrics = [](int32_t time, uint32_t seed) {
    return sampled("time", time, 40, 30, seed, R"(,"unit":"ms")") + "," +
           sampled("rate", 4000, 25, 24, seed + 1, R"(,"direction":"higher")") + "," +
           sampled("few", 800, 9, 3, seed + 2) + "," + metric("one", "12");
  };
  return {{snapshot("v1", 5, metrics(4000, 1))}, {snapshot("v2", 6, metrics(4400, 10))}};
}

// -- pairs -----------------------------------------------------------------------------

struct measured_value {
  const char* name;
  double value;
  wire::Direction better = wire::Direction::LOWER;
  const char* unit = "";
};

void write(const measured_value& from, const std::string& adapter, wire::Metric::Builder out) {
  out.setName(from.name);
  out.setAdapter(adapter);
  out.setValue(from.value);
  out.setDirection(from.better);
  out.setUnit(from.unit);
}

/// The new version takes 8% longer, the reference as long as the old one.
std::vector<measured_value> values_of(side of, uint32_t number, integer_noise& noise) {
  auto time = (of == side::NEW ? 4320 : 4000) + noise.next(40);
  auto rate = 8000 + noise.next(60);
  auto delta = noise.next(8) - (of == side::NEW ? 2 : 0);
  auto gap = number == 5 && of == side::OLD ? std::numeric_limits<double>::quiet_NaN() : quarters(400 + noise.next(3));
  return {{"time", quarters(time), wire::Direction::LOWER, "ms"},
          {"rate", quarters(rate), wire::Direction::HIGHER, "1/s"},
          {"delta", quarters(delta), wire::Direction::HIGHER},
          {"failed", of == side::NEW && number % 9 == 0 ? 1.0 : 0.0},
          {"gap", gap}};
}

msg<wire::MeasuredRound> round_of(const std::string& adapter, uint32_t number, std::vector<side> sides,
                                  integer_noise& noise) {
  if (number % 2 == 0)
    std::reverse(sides.begin(), sides.end());
  return msg<wire::MeasuredRound>::build([&](wire::MeasuredRound::Builder out) {
    out.setAdapter(adapter);
    out.setNumber(number);
    if (number == 7)
      out.setLeftOut("the load of others differs");
    auto runs = out.initRuns(static_cast<uint32_t>(sides.size()));
    for (uint32_t i = 0; i < runs.size(); ++i) {
      runs[i].setSide(sides[i]);
      runs[i].setVersion(sides[i] == side::OLD ? "v1" : sides[i] == side::NEW ? "v2" : "v0");
      runs[i].setStartedAt(1767323045000000 + number * 2000000 + i * 1000000);
      runs[i].setDurationS(0.75);
      auto values = values_of(sides[i], number, noise);
      auto metrics = runs[i].initMetrics(static_cast<uint32_t>(values.size()));
      for (uint32_t m = 0; m < metrics.size(); ++m)
        write(values[m], adapter, metrics[m]);
    }
  });
}

void add_pairs(check_inputs& inputs, const std::string& more, uint32_t count, std::vector<side> sides) {
  inputs.measurement = from<wire::PairedMeasurement>(R"({"id":"m3","request":{"old":"v1","new":"v2")" + more +
                                                     R"(},"state":"spent","started_at":"2026-01-02T03:04:05Z")" +
                                                     (sides.size() == 3 ? R"(,"reference":"v0"})" : "}"));
  integer_noise noise{7};
  for (const auto* adapter : {"bench", "load/1"})
    for (uint32_t number = 1; number <= count; ++number)
      inputs.rounds.push_back(round_of(adapter, number, sides, noise));
}

std::vector<analysis::configured_rules> rules_of_pairs() {
  analysis::configured_rules delta{"*.delta"}, gap{"bench.gap"};
  delta.absolute_margin = 1.5;
  delta.kind = analysis::metric_kind::count;
  gap.advisory = true;
  gap.resolution = 0.25;
  return {delta, gap};
}

} // namespace

std::vector<verdict_case> verdict_cases() {
  std::vector<verdict_case> out{
    {"strict", query("strict"), odd_inputs(), odd_rules()},
    {"threshold", query("threshold", R"(,"order":"snapshot")"), odd_inputs(), odd_rules()},
    {"odd_values", query("statistical"), odd_inputs(), odd_rules()},
    {"samples", query("statistical"), sampled_inputs()},
    {"pairs", query("statistical", R"(,"track":"main")"), sampled_inputs(), rules_of_pairs()},
    {"pairs_with_reference", query("statistical"), sampled_inputs(), rules_of_pairs()},
    {"missing_snapshot", query("strict"), {{std::nullopt, {"v1.0", "v11"}}, odd_inputs().new_side}},
  };
  add_pairs(out[4].inputs, R"(,"long":true)", 20, {side::OLD, side::NEW});
  out[5].inputs.reference = "v0";
  out[5].inputs.reference_side = {snapshot("v0", 2, sampled("time", 3900, 30, 30, 99, R"(,"unit":"ms")"))};
  add_pairs(out[5].inputs, "", 25, {side::OLD, side::NEW, side::REFERENCE});
  return out;
}

verdict_case verdict_case_named(const std::string& name) {
  for (auto& each : verdict_cases())
    if (each.name == name)
      return each;
  throw std::runtime_error{"no case " + name};
}

} // namespace hive::test
