#include "actors/baseline/stream_codec.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace hive {
namespace {

static_assert(std::endian::native == std::endian::little, "samples are stored as they are in memory");

void fill(wire::CusumState::Builder out, const analysis::cusum& test) {
  out.setSum(test.sum);
  out.setRunsUp(test.runs_up);
  out.setRunsAtZero(test.runs_at_zero);
  out.setHeld(test.held);
}

analysis::cusum cusum_of(wire::CusumState::Reader state) {
  return {state.getSum(), state.getRunsUp(), state.getRunsAtZero(), state.getHeld()};
}

void fill(wire::SpreadState::Builder out, const analysis::block_spread& spread) {
  out.setBlocks(spread.blocks);
  out.setSum(spread.sum);
  out.setDifferences(spread.differences);
  out.setNewestSum(spread.newest_sum);
  out.setOpenRuns(spread.open_runs);
  out.setOpenSum(spread.open_sum);
}

analysis::block_spread spread_of(wire::SpreadState::Reader state) {
  return {state.getBlocks(),    state.getSum(),      state.getDifferences(),
          state.getNewestSum(), state.getOpenRuns(), state.getOpenSum()};
}

void fill(wire::SuccessState::Builder out, const analysis::success_stream& stream) {
  out.setRuns(stream.runs);
  out.setReferenceRuns(stream.reference_runs);
  out.setReferenceSuccesses(stream.reference_successes);
  const auto& newest = stream.newest;
  auto bits = out.initNewestBits(static_cast<uint32_t>(newest.bits.size()));
  for (uint32_t i = 0; i < bits.size(); ++i)
    bits.set(i, newest.bits[i]);
  out.setNewestNext(newest.next);
  out.setNewestRuns(newest.runs);
  out.setWaiting(stream.waiting);
  fill(out.initTest(), stream.test);
  out.setSuccessesUp(stream.successes_up);
  fill(out.initSpread(), stream.spread);
}

void fill_key(wire::StreamState::Builder out, const analysis::stream_key& key) {
  out.setMeasured(static_cast<wire::Measure>(key.measured));
  out.setAction(key.action);
  out.setSlice(key.slice);
}

template <class Floats>
capnp::Data::Reader bytes_of_floats(const Floats& values) {
  return {reinterpret_cast<const kj::byte*>(values.data()), values.size() * sizeof(float)};
}

std::vector<float> floats_of(capnp::Data::Reader bytes) {
  std::vector<float> out(bytes.size() / sizeof(float));
  if (!out.empty()) // an empty vector has no address to copy to
    std::memcpy(out.data(), bytes.begin(), out.size() * sizeof(float));
  return out;
}

} // namespace

msg<wire::StreamState> encode(const analysis::stream_key& key, const analysis::success_stream& stream) {
  return msg<wire::StreamState>::build([&](wire::StreamState::Builder out) {
    fill_key(out, key);
    fill(out.initSuccess(), stream);
  });
}

analysis::success_stream decode_success(wire::SuccessState::Reader state) {
  analysis::success_stream out;
  out.runs = state.getRuns();
  out.reference_runs = state.getReferenceRuns();
  out.reference_successes = state.getReferenceSuccesses();
  auto bits = state.getNewestBits();
  for (uint32_t i = 0; i < std::min<size_t>(bits.size(), out.newest.bits.size()); ++i)
    out.newest.bits[i] = bits[i];
  // Both are positions in the circle of bits.
  out.newest.next = std::min(state.getNewestNext(), analysis::newest_runs - 1);
  out.newest.runs = std::min(state.getNewestRuns(), analysis::newest_runs);
  out.waiting = std::min(state.getWaiting(), analysis::newest_runs);
  out.test = cusum_of(state.getTest());
  out.successes_up = state.getSuccessesUp();
  out.spread = spread_of(state.getSpread());
  return out;
}

msg<wire::StreamState> encode(const analysis::stream_key& key, const analysis::number_stream& stream) {
  return msg<wire::StreamState>::build([&](wire::StreamState::Builder out) {
    fill_key(out, key);
    auto number = out.initNumber();
    number.setRuns(stream.runs);
    number.setLearned(stream.learned);
    number.setScoreMean(stream.score_mean);
    number.setScoreDeviation(stream.score_deviation);
    fill(number.initSpread(), stream.spread);
    number.setWaiting(bytes_of_floats(stream.waiting));
    fill(number.initTest(), stream.test);
    number.setIsSplit(stream.levels.has_value());
    if (!stream.levels)
      return;
    number.setCut(stream.levels->cut);
    number.setCutIsWorse(stream.levels->cut_is_worse);
    fill(number.initSuccesses(), stream.successes);
  });
}

msg<wire::StreamSample> encode_sample(const analysis::number_stream& stream) {
  return msg<wire::StreamSample>::build(
    [&](wire::StreamSample::Builder out) { out.setValues(bytes_of_floats(stream.sample)); });
}

analysis::number_stream decode_number(wire::StreamState::Reader state, wire::StreamSample::Reader sample) {
  auto number = state.getNumber();
  analysis::number_stream out;
  out.better = analysis::better_of(key_of(state).measured);
  out.runs = number.getRuns();
  out.learned = number.getLearned();
  out.sample = floats_of(sample.getValues());
  out.score_mean = number.getScoreMean();
  out.score_deviation = number.getScoreDeviation();
  out.spread = spread_of(number.getSpread());
  out.waiting = floats_of(number.getWaiting());
  out.test = cusum_of(number.getTest());
  if (number.getIsSplit()) {
    out.levels = analysis::level_split{static_cast<float>(number.getCut()), number.getCutIsWorse()};
    out.successes = decode_success(number.getSuccesses());
  }
  return out;
}

analysis::stream_key key_of(wire::StreamState::Reader state) {
  return {static_cast<analysis::measure>(state.getMeasured()), std::string{as_view(state.getAction())},
          std::string{as_view(state.getSlice())}};
}

void fill(wire::Trajectory::Builder out, const analysis::fingerprint& counts) {
  out.setRuns(counts.runs);
  out.setSuccesses(counts.successes);
  out.setSteps(counts.steps);
  out.setRetries(counts.retries);
  auto tools = out.initTools(static_cast<uint32_t>(counts.tools.size()));
  uint32_t i = 0;
  for (const auto& [tool, use] : counts.tools) {
    tools[i].setTool(tool);
    tools[i].setCalls(use.calls);
    tools[i++].setRuns(use.runs);
  }
  auto transitions = out.initTransitions(static_cast<uint32_t>(counts.transitions.size()));
  i = 0;
  for (const auto& [pair, count] : counts.transitions) {
    transitions[i].setFrom(pair.first);
    transitions[i].setTo(pair.second);
    transitions[i++].setCount(count);
  }
  out.setOtherTools(counts.other_tools);
  out.setOtherTransitions(counts.other_transitions);
}

analysis::fingerprint decode(wire::Trajectory::Reader counts) {
  analysis::fingerprint out;
  out.runs = counts.getRuns();
  out.successes = counts.getSuccesses();
  out.steps = counts.getSteps();
  out.retries = counts.getRetries();
  for (auto each : counts.getTools())
    out.tools.emplace(as_view(each.getTool()), analysis::tool_use{each.getCalls(), each.getRuns()});
  for (auto each : counts.getTransitions())
    out.transitions.emplace(std::pair{std::string{as_view(each.getFrom())}, std::string{as_view(each.getTo())}},
                            each.getCount());
  out.other_tools = counts.getOtherTools();
  out.other_transitions = counts.getOtherTransitions();
  return out;
}

} // namespace hive
