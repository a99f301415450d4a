#include "actors/http/cluster_upgrade_routes.hpp"

#include "messages/canonical_json.hpp"
#include "messages/change.hpp"
#include "messages/cluster_upgrade.capnp.h"

#include <caf/all.hpp>

namespace hive::http {
namespace {

const std::string upgrades = "/api/v1/upgrades", one_upgrade = upgrades + "/{id}",
                  track_members = upgrades + "/members";

/// Answers with the document's own bytes, which are what is verified.
action write_document(const cluster_gate_actor& gate, const msg<wire::DecisionDocumentQuery>& query) {
  return [gate, query](gateway_requests& gateway, const exchange_ptr& to) {
    gateway.request(gate, success{}.timeout, query)
      .then([to](const msg<wire::DecisionDocument>& made) { detail::answer_with(to, {}, made, canonical_end); },
            [to](const caf::error& error) { to->answer(problem(error)); });
  };
}

/// Who stops it is the token's name, where there is one.
action stop(const cluster_gate_actor& gate, const msg<wire::StopUpgrade>& asked) {
  return [gate, asked](gateway_requests& gateway, const exchange_ptr& to) {
    const auto& token = to->request().token;
    auto request =
      token.empty() ? asked : changed(asked, [&](wire::StopUpgrade::Builder out) { out.setOperator(token); });
    ask<wire::ClusterUpgrade>(gate, request, {.status = 202})(gateway, to);
  };
}

route stop_route(std::string path, const cluster_gate_actor& gate, std::string summary) {
  return route::choose<wire::StopUpgrade>(method::post, std::move(path), std::move(summary),
                                          {answers<wire::ClusterUpgrade>(202)},
                                          [gate](const msg<wire::StopUpgrade>& asked) { return stop(gate, asked); })
    .for_role(role::operate)
    .with_token();
}

} // namespace

std::vector<route> cluster_upgrade_routes(const cluster_gate_actor& gate) {
  using namespace wire;
  using enum method;
  return {
    route::ask<ProposeUpgrade, ClusterUpgrade>(post, upgrades, gate,
                                               "Ask the hive whether a version may replace another",
                                               {.status = 202, .location = one_upgrade})
      .for_role(role::operate),
    route::ask<ClusterUpgradeListQuery, ClusterUpgradeList>(get, upgrades, gate,
                                                            "Proposals to the hive, the newest first")
      .with_large_answers(),
    route::ask<ClusterUpgradeQuery, ClusterUpgrade>(get, one_upgrade, gate, "A proposal, as this node sees it"),
    route::choose<DecisionDocumentQuery>(
      get, one_upgrade + "/document", "Everything that proves what the hive decided", {answers<DecisionDocument>(200)},
      [gate](const msg<DecisionDocumentQuery>& query) { return write_document(gate, query); })
      .with_large_answers(),
    stop_route(one_upgrade + "/stop", gate, "Abort a proposal, or roll it back"),
    stop_route(one_upgrade + "/abort", gate, "The same as stop"),
    route::ask<TrackMembersQuery, TrackMembersList>(get, track_members, gate,
                                                    "The tracks, with the members that decide"),
    route::ask<ChangeMembers, TrackMembers>(put, track_members, gate, "Ask the members of a track for other ones",
                                            {.status = 202})
      .for_role(role::operate),
    route::ask<AdmitNode, TrackMembersList>(post, upgrades + "/admit", gate,
                                            "Vouch that this node's data directory is the newest")
      .for_role(role::operate),
  };
}

} // namespace hive::http
