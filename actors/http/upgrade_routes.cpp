#include "actors/http/upgrade_routes.hpp"

#include "messages/canonical_json.hpp"
#include "messages/upgrade.capnp.h"
#include "messages/verdict.capnp.h"

#include <caf/all.hpp>

namespace hive::http {
namespace {

const std::string measurement = "/api/v1/upgrades/measurements/{id}";

template <class Request>
action measure(const upgrade_measurer_actor& measurer, const msg<Request>& request) {
  success how{.status = request->getWait() ? 201 : 202, .location = measurement};
  if (request->getWait())
    how.timeout = defaults::measurement_timeout;
  return ask<wire::PairedMeasurement>(measurer, request, how);
}

/// Answers with the document's own bytes, which are those that its hash is of.
action write_document(const upgrade_checker_actor& checker, const msg<wire::UpgradeQuery>& query) {
  auto asked = msg<wire::AskForDocument>::build([&](wire::AskForDocument::Builder out) { out.setCheck(*query); });
  return [checker, asked](gateway_requests& gateway, const exchange_ptr& to) {
    gateway.request(checker, success{}.timeout, asked)
      .then([to](const msg<wire::VerdictDocument>& made) { detail::answer_with(to, {}, made, canonical_end); },
            [to](const caf::error& error) { to->answer(problem(error)); });
  };
}

} // namespace

std::vector<route> upgrade_routes(const upgrade_services& services) {
  using namespace wire;
  using enum method;
  const auto& [checker, measurer, references] = services;
  const std::string reference = "/api/v1/tracks/{track}/reference";
  return {
    route::ask<UpgradeQuery, UpgradeCheck>(get, "/api/v1/upgrades/check", checker,
                                           "Whether one version may replace another"),
    route::choose<UpgradeQuery>(
      get, "/api/v1/upgrades/check/document", "The same with all that it was judged by, as a verdict document",
      {answers<VerdictDocument>(200)},
      [checker = checker](const msg<UpgradeQuery>& query) { return write_document(checker, query); })
      .with_large_answers(),
    // It runs the software in versions that the operator configured, for as long as it is told.
    route::choose<MeasureUpgrade>(
      post, "/api/v1/upgrades/measure", "Measure two versions in turn, until the statistics decide",
      {answers<PairedMeasurement>(201, true), answers<PairedMeasurement>(202, true)},
      [measurer = measurer](const msg<MeasureUpgrade>& request) { return measure(measurer, request); })
      .for_role(role::operate),
    route::choose<CalibrateUpgrade>(
      post, "/api/v1/upgrades/calibrate", "Measure a version against itself, for its noise and the margins to use",
      {answers<PairedMeasurement>(201, true), answers<PairedMeasurement>(202, true)},
      [measurer = measurer](const msg<CalibrateUpgrade>& request) { return measure(measurer, request); })
      .for_role(role::operate),
    route::ask<MeasurementListQuery, MeasurementList>(get, "/api/v1/upgrades/measurements", measurer,
                                                      "Paired measurements, the newest first"),
    route::ask<MeasurementQuery, PairedMeasurement>(get, measurement, measurer, "A paired measurement, at any time")
      .with_large_answers(),
    route::ask<RoundQuery, RoundList>(get, measurement + "/rounds", measurer, "What a paired measurement measured")
      .with_large_answers(),
    route::ask<StopMeasurement, PairedMeasurement>(post, measurement + "/stop", measurer, "Stop a paired measurement",
                                                   {.status = 202})
      .for_role(role::operate),
    route::ask<ReferenceListQuery, ReferenceList>(get, "/api/v1/tracks", references,
                                                  "The tracks, with their reference versions"),
    route::ask<ReferenceQuery, Reference>(get, reference, references, "The reference version of a track"),
    route::ask<MoveReference, Reference>(put, reference, references, "Make another version the reference")
      .for_role(role::operate),
  };
}

} // namespace hive::http
