#include "actors/upgrade/stages/stage_questions.hpp"

#include "actors/defaults.hpp"
#include "actors/upgrade/stages/stage_picture.hpp"
#include "messages/door.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <memory>

namespace hive {
namespace {

measure_once with_adapter(const char* name) {
  return {name, msg<wire::MeasureRequest>::build([](wire::MeasureRequest::Builder out) { out.setRepeats(1); })};
}

/// Whether the files are intact; nothing where that was not found out.
std::optional<bool> integrity_of(const adapter_outcome& outcome) {
  if (outcome.status != wire::AdapterStatus::OK || outcome.measurement->getMetrics().size() == 0)
    return std::nullopt;
  for (auto metric : outcome.measurement->getMetrics())
    if (!(metric.getValue() >= 1))
      return false;
  return true;
}

benchmarks_judged judged_by(wire::UpgradeCheck::Reader check) {
  benchmarks_judged out{.is_judged = check.getVerdict() != wire::Verdict::INCONCLUSIVE};
  for (auto each : check.getRegressions()) {
    if (out.regressed.size() == most_told_benchmarks)
      break;
    auto adapter = as_view(each.getAdapter());
    auto name = (adapter.empty() ? "" : std::string{adapter} + ".") + std::string{as_view(each.getMetric())};
    out.regressed.emplace_back(cut_text(name, most_benchmark_bytes));
  }
  return out;
}

} // namespace

/// Questions that were asked together.
struct stage_questions::round {
  size_t open = 1; // so that it is not over before all are asked
  stage_answers answers;
  answers_taken done;

  void close() {
    if (--open == 0)
      done(answers);
  }
};

template <class Answer, class Handle, class Request, class Take, class Refuse>
void stage_questions::ask(const round_ptr& of, const Handle& whom, const Request& request, Take take,
                          Refuse refuse) const {
  if (!whom)
    return;
  ++of->open;
  self_->request(whom, defaults::stage_answer_timeout, request)
    .then(
      [of, take](const Answer& answer) {
        take(answer);
        of->close();
      },
      [of, refuse](const caf::error& error) {
        refuse(error);
        of->close();
      });
}

void stage_questions::ask_totals(answers_taken done) const {
  auto of = std::make_shared<round>();
  of->done = std::move(done);
  ask_tasks(of);
  ask_inputs(of);
  of->close();
}

void stage_questions::ask_all(const watch_stage& what, int64_t began_at_unix_micros, answers_taken done) const {
  auto of = std::make_shared<round>();
  of->done = std::move(done);
  ask_tasks(of);
  ask_world_model(of);
  ask_guardrail(of);
  ask_nodes(of);
  ask_benchmarks(of, what, began_at_unix_micros);
  of->close();
}

void stage_questions::ask_tasks(const round_ptr& of) const {
  if (!health_.success_rate.is_on)
    return;
  ask<msg<wire::TaskTotals>>(
    of, services_.tasks, msg<wire::TaskTotalsQuery>{},
    [of](const msg<wire::TaskTotals>& totals) {
      of->answers.totals.tasks = running_total{totals->getRun(), totals->getRecords(), totals->getFailures()};
    },
    [](const caf::error& error) { log::warn("Tasks are not counted in this block of a stage: {}", text_of(error)); });
}

void stage_questions::ask_inputs(const round_ptr& of) const {
  if (!health_.error_rate.is_on && !health_.world_model.is_on)
    return;
  ask<msg<wire::InputTotals>>(
    of, services_.inputs, msg<wire::InputTotalsQuery>{},
    [of](const msg<wire::InputTotals>& totals) {
      auto& out = of->answers.totals;
      out.requests = running_total{totals->getRun(), totals->getRequests(), totals->getFailedRequests()};
      out.world_model =
        running_total{totals->getRun(), totals->getWorldModelChecks(), totals->getFailedWorldModelChecks()};
    },
    [](const caf::error& error) { log::warn("Inputs are not counted in this block of a stage: {}", text_of(error)); });
}

/// The adapter reads the counters where they come from a file or URL, so the totals are asked for afterwards.
void stage_questions::ask_world_model(const round_ptr& of) const {
  if (!health_.world_model.is_on || !services_.benchmarks)
    return ask_inputs(of);
  ask<measured_once>(
    of, services_.benchmarks, with_adapter("world_model"),
    [of, asking = *this](const measured_once& measured) {
      if (measured.outcome.status == wire::AdapterStatus::ERROR)
        of->answers.checks.world_model = false;
      asking.ask_inputs(of);
    },
    [of, asking = *this](const caf::error& error) {
      log::warn("The world model is not checked in this block of a stage: {}", text_of(error));
      asking.ask_inputs(of);
    });
}

void stage_questions::ask_guardrail(const round_ptr& of) const {
  if (!health_.guardrail)
    return;
  ask<measured_once>(
    of, services_.benchmarks, with_adapter("guardrail"),
    [of](const measured_once& measured) { of->answers.checks.guardrail = integrity_of(measured.outcome); },
    [](const caf::error& error) {
      log::warn("The guardrail is not checked in this block of a stage: {}", text_of(error));
    });
}

void stage_questions::ask_nodes(const round_ptr& of) const {
  ask<msg<wire::NodeList>>(
    of, nodes_, msg<wire::NodeQuery>{},
    [of](const msg<wire::NodeList>& nodes) { of->answers.silences = silences_of(*nodes, now_unix_micros()); },
    [](const caf::error& error) { log::warn("Which nodes are heard is not known: {}", text_of(error)); });
}

/// Only a snapshot that this node captured in this stage counts.
void stage_questions::ask_benchmarks(const round_ptr& of, const watch_stage& what, int64_t began_at_unix_micros) const {
  if (!health_.benchmarks || what.from.empty() || what.to.empty())
    return;
  auto query = msg<wire::SnapshotQuery>::build([&](wire::SnapshotQuery::Builder out) { out.setVersion(what.to); });
  ask<msg<wire::Snapshot>>(
    of, services_.benchmarks, query,
    [of, asking = *this, what, began_at_unix_micros](const msg<wire::Snapshot>& found) {
      if (!found->getImported() && found->getCapturedAt() >= began_at_unix_micros)
        asking.ask_checker(of, what);
    },
    [](const caf::error& error) {
      if (code_of(error) != ec::not_found) // not captured yet
        log::warn("Benchmarks are not judged in this block of a stage: {}", text_of(error));
    });
}

void stage_questions::ask_checker(const round_ptr& of, const watch_stage& what) const {
  auto query = msg<wire::UpgradeQuery>::build([&](wire::UpgradeQuery::Builder out) {
    out.setOld(what.from);
    out.setNew(what.to);
    out.setPolicy(wire::Policy::STATISTICAL);
  });
  ask<msg<wire::UpgradeCheck>>(
    of, services_.checker, query,
    [of](const msg<wire::UpgradeCheck>& check) { of->answers.benchmarks = judged_by(*check); },
    [](const caf::error& error) {
      log::warn("Benchmarks are not judged in this block of a stage: {}", text_of(error));
    });
}

} // namespace hive
