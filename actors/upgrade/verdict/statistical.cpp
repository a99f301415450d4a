#include "actors/upgrade/verdict/statistical.hpp"

#include "actors/upgrade/verdict/check_answer.hpp"
#include "analysis/sequential_gate.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <capnp/message.h>
#include <set>
#include <vector>

namespace hive {
namespace {

/// Of the reasons of two comparisons, which the explanation repeats with some words around it. As the schema allows.
constexpr size_t max_reason_bytes = 3'800;

/// How bad a verdict is.
int badness(analysis::verdict decided) {
  switch (decided) {
  case analysis::verdict::safe:
    return 0;
  case analysis::verdict::inconclusive:
    return 1;
  case analysis::verdict::regressed:
    break;
  }
  return 2;
}

/// Adds the findings of the second comparison about metrics that the first has no such finding of.
template <class Finding>
void add_others(std::vector<Finding>& to, const std::vector<Finding>& more) {
  std::set<std::pair<std::string_view, std::string_view>> known;
  for (const auto& each : to)
    known.emplace(each.adapter, each.metric);
  for (const auto& each : more)
    if (known.emplace(each.adapter, each.metric).second)
      to.push_back(each);
}

} // namespace

std::string statistical_algorithm() {
  return "statistical " + std::to_string(analysis::gate_version);
}

analysis::verdict statistical_comparison::decided() const {
  if (!with_reference || badness(with_old.decided) >= badness(with_reference->decided))
    return with_old.decided;
  return with_reference->decided;
}

msg<wire::UpgradeCheck>
statistical_comparison::answer(const std::function<void(wire::UpgradeCheck::Builder)>& describe) const {
  auto all = with_old;
  std::vector<judgement_against> judgements;
  for (const auto& each : with_old.judgements)
    judgements.push_back({old_version, &each});
  if (with_reference) {
    add_others(all.regressions, with_reference->regressions);
    add_others(all.missing, with_reference->missing);
    auto both = "against " + old_version + ": " + with_old.reason + "; against the reference " + reference + ": " +
                with_reference->reason;
    all.reason = cut_text(both, max_reason_bytes);
    for (const auto& each : with_reference->judgements)
      judgements.push_back({reference, &each});
  }
  all.decided = decided();
  std::ranges::stable_sort(judgements, [](const judgement_against& a, const judgement_against& b) {
    return badness(a.judgement->decided) > badness(b.judgement->decided);
  });
  capnp::MallocMessageBuilder message{words_of(all)};
  auto out = message.initRoot<wire::UpgradeCheck>();
  out.setPolicy(wire::Policy::STATISTICAL);
  out.setAlgorithm(statistical_algorithm());
  write(all, out);
  write(judgements, out);
  describe(out);
  return msg<wire::UpgradeCheck>::adopt(message);
}

statistical_comparison compare_statistically(const analysis::version_points& old_side,
                                             const analysis::version_points& new_side,
                                             const std::optional<analysis::version_points>& reference,
                                             analysis::look_plan plan, analysis::finding_order order) {
  statistical_comparison out{check_upgrade(old_side, new_side, analysis::policy::statistical, order, plan),
                             std::string{old_side.version},
                             {},
                             {}};
  if (reference && reference->version != old_side.version) {
    out.with_reference = check_upgrade(*reference, new_side, analysis::policy::statistical, order, plan);
    out.reference = reference->version;
  }
  return out;
}

} // namespace hive
