#include "actors/upgrade/measured_run.hpp"

#include "actors/upgrade/judge.hpp"

namespace hive {
namespace {

/// What a GPU lease knows of disturbances counts too.
void add_evidence(const adapter_outcome& outcome, wire::MeasuredRun::Builder out) {
  auto evidence = outcome.measurement->getEvidence();
  if (!outcome.is_leased || evidence.getQuality() != wire::RunQuality::DISTURBED)
    return;
  if (evidence.getReasons().size() > 0)
    out.setDisturbed(evidence.getReasons());
  else
    out.initDisturbed(1).set(0, "its GPU was disturbed");
}

} // namespace

msg<wire::MeasuredRun> describe_run(wire::RunSide side, const std::string& version, const run_start& began,
                                    const measured_once& got) {
  return msg<wire::MeasuredRun>::build([&](wire::MeasuredRun::Builder out) {
    out.setSide(side);
    out.setVersion(version);
    out.setStartedAt(began.unix_micros);
    out.setDurationS(std::chrono::duration<double>(std::chrono::steady_clock::now() - began.steady).count());
    if (got.outcome.status == wire::AdapterStatus::OK)
      out.setMetrics(got.outcome.measurement->getMetrics());
    else
      out.setError(got.outcome.status == wire::AdapterStatus::SKIPPED ? "it was skipped: " + got.outcome.reason
                                                                      : got.outcome.reason);
    if (got.outcome.contention)
      out.setContention(**got.outcome.contention);
    add_evidence(got.outcome, out);
  });
}

msg<wire::MeasuredRound> describe_round(const next_round& round, std::span<const msg<wire::MeasuredRun>> runs,
                                        uint32_t processors) {
  auto why = disturbance_of(runs, processors);
  return msg<wire::MeasuredRound>::build([&](wire::MeasuredRound::Builder out) {
    out.setAdapter(round.adapter);
    out.setNumber(round.number);
    auto list = out.initRuns(static_cast<uint32_t>(runs.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.setWithCaveats(i, *runs[i]);
    if (!why.empty())
      out.setLeftOut(why);
  });
}

} // namespace hive
