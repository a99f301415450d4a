#include "actors/upgrade/verdict/check_answer.hpp"

#include "actors/defaults.hpp"

#include <algorithm>
#include <capnp/message.h>
#include <cmath>

namespace hive {
namespace {

/// Number of these findings that the answer lists.
template <class Finding>
uint32_t listed(const std::vector<Finding>& findings) {
  return static_cast<uint32_t>(std::min(findings.size(), defaults::max_listed_findings));
}

// The functions below write texts in place, since there may be ten thousand of them.

uint32_t size_of(std::string_view text) {
  return static_cast<uint32_t>(text.size());
}

void put(capnp::Text::Builder out, std::string_view text) {
  text.copy(out.begin(), text.size());
}

void write(const std::vector<analysis::metric_change>& changes, capnp::List<wire::MetricChange>::Builder out) {
  for (uint32_t i = 0; i < out.size(); ++i) {
    put(out[i].initAdapter(size_of(changes[i].adapter)), changes[i].adapter);
    put(out[i].initMetric(size_of(changes[i].metric)), changes[i].metric);
    out[i].setOld(changes[i].old_value);
    out[i].setNew(changes[i].new_value);
    out[i].setChangePct(changes[i].change_pct);
    out[i].setDirection(static_cast<wire::Direction>(changes[i].better));
    put(out[i].initUnit(size_of(changes[i].unit)), changes[i].unit);
    out[i].setFloor(changes[i].floor);
  }
}

void write(const std::vector<analysis::missing_metric>& missing, capnp::List<wire::MissingMetric>::Builder out) {
  for (uint32_t i = 0; i < out.size(); ++i) {
    out[i].setAdapter(std::string{missing[i].adapter});
    out[i].setMetric(std::string{missing[i].metric});
    out[i].setReason(missing[i].reason);
    out[i].setBlocks(missing[i].blocks);
    out[i].setOld(missing[i].old_value);
    out[i].setNew(missing[i].new_value);
    out[i].setOldUnit(std::string{missing[i].old_unit});
    out[i].setNewUnit(std::string{missing[i].new_unit});
  }
}

constexpr double percent = 100;

void write(const judgement_against& from, wire::MetricJudgement::Builder out) {
  const auto& judged = *from.judgement;
  auto scaled = [&](double value) { return judged.absolute ? value : value * percent; };
  out.setAdapter(std::string{judged.adapter});
  out.setMetric(std::string{judged.name});
  out.setAgainst(std::string{from.version});
  out.setDecision(static_cast<wire::Verdict>(judged.decided));
  if (auto reason = analysis::describe_reason(judged); !reason.empty())
    out.setReason(reason);
  out.setAdvisory(judged.advisory);
  out.setBasis(static_cast<wire::JudgementBasis>(judged.basis));
  out.setDirection(static_cast<wire::Direction>(judged.better));
  out.setUnit(std::string{judged.unit});
  out.setAbsolute(judged.absolute);
  out.setChange(scaled(judged.change));
  out.setLow(scaled(judged.low));
  out.setHigh(scaled(judged.high));
  out.setMargin(scaled(judged.margin));
  out.setP(judged.p);
  out.setPBetter(judged.p_better);
  out.setPWorse(judged.p_worse);
  out.setPairs(judged.pairs);
  out.setLeftOut(judged.left_out);
  out.setPairsNeeded(judged.pairs_needed.value_or(0));
  out.setCorrelation(judged.correlation);
}

} // namespace

uint32_t words_of(const analysis::upgrade_result& result) {
  constexpr size_t words_for_head = 1'024, words_for_finding = 14, words_for_judgement = 64;
  constexpr size_t most = 1 << 22; // 32 MiB; larger answers grow
  auto words_of_texts = [](auto... texts) { return (0 + ... + texts.size()) / sizeof(capnp::word); };
  size_t words = words_for_head;
  for (const auto* list : {&result.regressions, &result.improvements, &result.ungated})
    for (const auto& change : *list)
      words += words_for_finding + words_of_texts(change.adapter, change.metric, change.unit);
  words += result.judgements.size() * words_for_judgement;
  for (const auto& each : result.missing)
    words += words_for_finding +
             words_of_texts(each.adapter, each.metric, std::string_view{each.reason}, each.old_unit, each.new_unit);
  return static_cast<uint32_t>(std::min(words, most));
}

void write(const analysis::upgrade_result& result, wire::UpgradeCheck::Builder out) {
  auto left_out = [](const auto&... lists) { return (0 + ... + (lists.size() - listed(lists))); };
  out.setSafe(result.decided == analysis::verdict::safe);
  out.setVerdict(static_cast<wire::Verdict>(result.decided));
  out.setReason(result.reason);
  out.setCompared(result.compared);
  write(result.regressions, out.initRegressions(listed(result.regressions)));
  write(result.improvements, out.initImprovements(listed(result.improvements)));
  write(result.missing, out.initMissing(listed(result.missing)));
  write(result.ungated, out.initUngated(listed(result.ungated)));
  out.setLeftOut(
    static_cast<uint32_t>(left_out(result.regressions, result.improvements, result.missing, result.ungated)));
}

void write(std::span<const judgement_against> judgements, wire::UpgradeCheck::Builder out) {
  auto list = out.initJudgements(static_cast<uint32_t>(std::min(judgements.size(), defaults::max_listed_findings)));
  for (uint32_t i = 0; i < list.size(); ++i)
    write(judgements[i], list[i]);
}

} // namespace hive
