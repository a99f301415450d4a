#include "actors/upgrade/stages/stage_slots.hpp"

#include "messages/packed.hpp"
#include "messages/stage_health.capnp.h"
#include "messages/text.hpp"

namespace hive {
namespace {

using analysis::good_bad;
using analysis::health_block;

constexpr std::string_view stages_key = "stages";

uint32_t narrow(int64_t count) {
  return static_cast<uint32_t>(count); // at most analysis::most_in_block
}

void write(const health_block& from, wire::StageBlock::Builder out) {
  out.setNumber(from.number);
  out.setTasksGood(narrow(from.tasks.good));
  out.setTasksBad(narrow(from.tasks.bad));
  out.setRequestsGood(narrow(from.requests.good));
  out.setRequestsBad(narrow(from.requests.bad));
  out.setWorldModelGood(narrow(from.world_model.good));
  out.setWorldModelBad(narrow(from.world_model.bad));
  out.setGuardrailGood(narrow(from.guardrail.good));
  out.setGuardrailBad(narrow(from.guardrail.bad));
}

health_block read(wire::StageBlock::Reader from) {
  return {from.getNumber(),
          {from.getTasksGood(), from.getTasksBad()},
          {from.getRequestsGood(), from.getRequestsBad()},
          {from.getWorldModelGood(), from.getWorldModelBad()},
          {from.getGuardrailGood(), from.getGuardrailBad()}};
}

void write(const stage_counts& from, wire::StageCounts::Builder out) {
  out.setTrack(from.track);
  out.setProposal({bytes_of(from.proposal), from.proposal.size()});
  out.setStage(from.stage);
  out.setBlockS(from.block_s);
  out.setObservedBlocks(from.observed_blocks);
  out.setBeganAt(from.began_at_unix_micros);
  auto blocks = out.initBlocks(static_cast<uint32_t>(from.blocks.size()));
  for (uint32_t i = 0; i < blocks.size(); ++i)
    write(from.blocks[i], blocks[i]);
  out.setHasBenchmarks(from.has_benchmarks);
  auto regressed = out.initRegressedBenchmarks(static_cast<uint32_t>(from.regressed_benchmarks.size()));
  for (uint32_t i = 0; i < regressed.size(); ++i)
    regressed.set(i, from.regressed_benchmarks[i]);
}

caf::expected<stage_counts> read(wire::StageCounts::Reader from) {
  auto proposal = from.getProposal().asChars();
  if (proposal.size() > most_proposal_bytes)
    return fail(ec::invalid, "the id of a proposal has " + std::to_string(proposal.size()) + " bytes");
  stage_counts out{.track = from.getTrack(),
                   .proposal = {proposal.begin(), proposal.size()},
                   .stage = from.getStage(),
                   .block_s = from.getBlockS(),
                   .observed_blocks = from.getObservedBlocks(),
                   .began_at_unix_micros = from.getBeganAt(),
                   .has_benchmarks = from.getHasBenchmarks()};
  for (auto each : from.getBlocks()) {
    auto number = each.getNumber();
    if (number >= out.observed_blocks)
      return fail(ec::invalid, "block " + std::to_string(number) + " is told, and " +
                                 std::to_string(out.observed_blocks) + " are observed");
    if (!out.blocks.empty() && number <= out.blocks.back().number)
      return fail(ec::invalid, "block " + std::to_string(number) + " is told after block " +
                                 std::to_string(out.blocks.back().number));
    out.blocks.push_back(read(each));
  }
  for (auto each : from.getRegressedBenchmarks())
    out.regressed_benchmarks.emplace_back(as_view(each));
  return out;
}

} // namespace

slot_rules stage_health_rules() {
  auto decode = [](std::string_view key, std::string_view payload) -> caf::expected<slot_content> {
    auto stages = from_stage_slot(key, payload);
    if (!stages)
      return stages.error();
    return make_content(std::move(*stages));
  };
  slot_rules out{stage_health_kind, "health in stages", decode};
  out.waits_for_admission = true; // to be told after a restart what this node had counted
  return out;
}

publish_slots stages_to_publish(std::span<const stage_counts> stages) {
  if (stages.empty())
    return {stage_health_kind, {}};
  auto told = msg<wire::StageHealth>::build([&](wire::StageHealth::Builder out) {
    auto list = out.initStages(static_cast<uint32_t>(stages.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      write(stages[i], list[i]);
  });
  return {stage_health_kind, {{std::string{stages_key}, to_packed(told)}}};
}

caf::expected<std::vector<stage_counts>> from_stage_slot(std::string_view key, std::string_view payload) {
  if (key != stages_key)
    return fail(ec::invalid, "health in stages is not told in slot " + printable(key));
  auto told = from_packed<wire::StageHealth>(payload);
  if (!told)
    return told.error();
  std::vector<stage_counts> out;
  for (auto each : (*told)->getStages()) {
    auto counts = read(each);
    if (!counts)
      return counts.error();
    if (!out.empty() && counts->track <= out.back().track)
      return fail(ec::invalid, "track " + std::to_string(counts->track) + " is told after track " +
                                 std::to_string(out.back().track));
    out.push_back(std::move(*counts));
  }
  return out;
}

} // namespace hive
