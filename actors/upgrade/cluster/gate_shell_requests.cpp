#include "actors/upgrade/cluster/gate_shell.hpp"

#include "actors/upgrade/cluster/members_view.hpp"
#include "actors/upgrade/cluster/upgrade_view.hpp"
#include "actors/upgrade/decision/decision_document.hpp"
#include "messages/text.hpp"
#include "platform/hex.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>

// What operators ask.

namespace hive {
namespace {

constexpr size_t least_prefix = 6;
constexpr auto nodes_timeout = std::chrono::seconds{2};

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& each : names)
    out += (out.empty() ? "" : ", ") + each;
  return out;
}

std::string how_it_ended(wire::ClusterUpgrade::Reader view) {
  if (view.getDecision() == wire::UpgradeDecision::APPROVED)
    return "approved, and its rollout is " + std::string{as_view(view.getRollout())};
  return view.getDecision() == wire::UpgradeDecision::REJECTED ? "rejected" : "aborted";
}

} // namespace

gate_sight gate_shell::sight() const {
  return {*core_, *log_, options_.tracks, announced_, stages_, notices_, conflicts_, now()};
}

caf::error gate_shell::not_yet() const {
  return core_ ? caf::error{} : fail(ec::unavailable, "the gate has not started yet");
}

/// What is shown of nodes is as of now; without an answer it is left out.
void gate_shell::with_nodes(view_maker make) {
  auto shared = std::make_shared<view_maker>(std::move(make));
  self_->request(nodes_, nodes_timeout, msg<wire::NodeQuery>{})
    .then(
      [shared](const msg<wire::NodeList>& list) {
        known_nodes known;
        for (auto node : list->getNodes())
          known.emplace(node.getId().cStr(), msg<wire::NodeInfo>::copy_of(node));
        (*shared)(known);
      },
      [shared](const caf::error& error) {
        log::debug("Nodes are shown without their names: {}", text_of(error));
        (*shared)({});
      });
}

void gate_shell::answer_with_view(caf::typed_response_promise<msg<wire::ClusterUpgrade>> to, std::string id) {
  with_nodes([this, to, id = std::move(id)](const known_nodes& nodes) mutable {
    auto view = view_of(sight(), id, nodes);
    if (view)
      to.deliver(std::move(*view));
    else
      to.deliver(view.error());
  });
}

/// Calls it once what this core has written last is on disk.
void gate_shell::when_durable(std::function<void()> then) {
  if (written_)
    when_durable_[*written_].push_back(std::move(then));
  else
    then();
}

/// Steps the core with what an operator asks; the error says why it refuses. Refusals before that were of something
/// else, such as of a vote that came late.
caf::error gate_shell::ask_core(const gate::event& what) {
  refusal_ = {};
  step(what);
  return std::exchange(refusal_, {});
}

caf::expected<uint8_t> gate_shell::track_named(std::string_view name) const {
  for (uint8_t i = 0; i < options_.tracks.size(); ++i)
    if (options_.tracks[i] == name)
      return i;
  return fail(ec::unsupported,
              "/track: no track " + printable(name) + " is configured; configured: " + list_of(options_.tracks));
}

caf::expected<std::string> gate_shell::find_id(std::string_view prefix) const {
  std::vector<std::string> found;
  for (auto& id : proposal_ids(sight()))
    if (id == prefix || (prefix.size() >= least_prefix && id.starts_with(prefix)))
      found.push_back(std::move(id));
  if (found.empty())
    return fail(ec::not_found, "no proposal has the id " + printable(prefix));
  if (found.size() > 1)
    return fail(ec::conflict, "several proposals begin with " + printable(prefix) + ": " + list_of(found));
  return found.front();
}

// -- proposals ---------------------------------------------------------------------

caf::result<msg<wire::ClusterUpgrade>> gate_shell::propose(const msg<wire::ProposeUpgrade>& request) {
  if (auto error = not_yet())
    return error;
  auto track = track_named(as_view(request->getTrack()));
  if (!track)
    return track.error();
  auto body = to_proposal(*request, *track, core_->at(*track).sealers(), options_.proposals, random_());
  if (!body)
    return body.error();
  auto canonical = gate::to_canonical<wire::GateProposal>(**body);
  auto id = to_hex(gate::hash_of(canonical));
  if (auto refused = ask_core(gate::events::propose{*track, *body, request->getQueue()}))
    return refused;
  log::info("Proposed to the hive. track={} from={} to={} proposal={}", options_.tracks[*track],
            request->getFrom().cStr(), request->getTo().cStr(), id);
  auto answer = self_->make_response_promise<msg<wire::ClusterUpgrade>>();
  when_durable([this, answer, id] { answer_with_view(answer, id); });
  return answer;
}

caf::result<msg<wire::ClusterUpgrade>> gate_shell::stop(const msg<wire::StopUpgrade>& request) {
  if (auto error = not_yet())
    return error;
  auto id = find_id(as_view(request->getId()));
  if (!id)
    return id.error();
  auto track = track_of(sight(), *id);
  auto view = view_of(sight(), *id, {});
  if (!track || !view)
    return view ? fail(ec::not_found, "no track has the proposal " + *id) : view.error();
  if ((*view)->getFinal())
    return fail(ec::conflict, "the proposal is over: it was " + how_it_ended(**view));
  gate::digest hash{};
  if (!from_hex(*id, hash))
    return fail(ec::internal, "the id of a proposal is no hash: " + *id);
  auto stop = msg<wire::GateStop>::build([&](wire::GateStop::Builder out) {
    out.setProposal(gate::data_of(hash));
    if (request->hasReason())
      out.setReason(request->getReason());
    if (request->hasOperator())
      out.setOperator(request->getOperator());
    out.setOnlyPending(request->getOnlyPending());
    auto unknown = request->getUnknown();
    auto list = out.initUnknown(unknown.size());
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, unknown[i]);
  });
  if (auto refused = ask_core(gate::events::stop{*track, stop}))
    return refused;
  auto answer = self_->make_response_promise<msg<wire::ClusterUpgrade>>();
  when_durable([this, answer, id = *id] { answer_with_view(answer, id); });
  return answer;
}

caf::result<msg<wire::DecisionDocument>> gate_shell::document(const msg<wire::DecisionDocumentQuery>& query) {
  if (auto error = not_yet())
    return error;
  auto id = find_id(as_view(query->getId()));
  if (!id)
    return id.error();
  auto steps = log_->of(*id);
  if (steps.empty())
    return fail(ec::no_data, "nothing is sealed of the proposal yet");
  gate_store store{*services_.db};
  decision_parts parts;
  parts.first = generations_[steps.front().track];
  auto log = book_->find(id_, {gate::slot_type::log, steps.front().track});
  if (log) {
    if (log->log().line)
      parts.first = log->log().line->first;
    parts.generations = log->log().generations;
    if (log->log().newest.value->members)
      parts.generations.push_back(log->log().newest);
  }
  for (const auto& step : steps) {
    auto sealed = log_->load(step);
    if (!sealed)
      return sealed.error();
    parts.values.push_back(std::move(*sealed));
  }
  auto judgements = store.judgements(*id);
  if (!judgements)
    return judgements.error();
  for (auto& each : *judgements)
    parts.judgements.push_back({id_, 0, std::move(each)});
  auto made = make_decision_document(parts);
  if (!made)
    return made.error();
  return std::move(*made);
}

caf::result<msg<wire::ClusterUpgrade>> gate_shell::show(const msg<wire::ClusterUpgradeQuery>& query) {
  if (auto error = not_yet())
    return error;
  auto id = find_id(as_view(query->getId()));
  if (!id)
    return id.error();
  auto answer = self_->make_response_promise<msg<wire::ClusterUpgrade>>();
  answer_with_view(answer, *id);
  return answer;
}

caf::result<msg<wire::ClusterUpgradeList>> gate_shell::list(const msg<wire::ClusterUpgradeListQuery>& query) {
  if (auto error = not_yet())
    return error;
  if (query->hasTrack())
    if (auto track = track_named(as_view(query->getTrack())); !track)
      return track.error();
  auto answer = self_->make_response_promise<msg<wire::ClusterUpgradeList>>();
  with_nodes([this, answer, query](const known_nodes& nodes) mutable {
    auto ids = proposal_ids(sight());
    auto from = ids.begin();
    if (query->hasAfter()) {
      from = std::ranges::find(ids, std::string{as_view(query->getAfter())});
      from += from != ids.end();
    }
    std::vector<msg<wire::ClusterUpgrade>> page;
    std::string last;
    for (; from != ids.end() && page.size() < query->getLimit(); ++from) {
      auto view = view_of(sight(), *from, nodes);
      if (!view && code_of(view.error()) == ec::not_found)
        continue; // it is being stored
      if (!view) {
        answer.deliver(view.error());
        return;
      }
      if (query->hasTrack() && (*view)->getTrack() != query->getTrack())
        continue;
      last = *from;
      page.push_back(std::move(*view));
    }
    answer.deliver(msg<wire::ClusterUpgradeList>::build([&](wire::ClusterUpgradeList::Builder out) {
      auto list = out.initUpgrades(static_cast<uint32_t>(page.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        list.setWithCaveats(i, *page[i]);
      if (from != ids.end() && !last.empty())
        out.setNext(last);
    }));
  });
  return answer;
}

// -- members -----------------------------------------------------------------------

caf::result<msg<wire::TrackMembersList>> gate_shell::members(const msg<wire::TrackMembersQuery>& query) {
  if (auto error = not_yet())
    return error;
  std::vector<uint8_t> tracks;
  if (query->hasTrack()) {
    auto track = track_named(as_view(query->getTrack()));
    if (!track)
      return track.error();
    tracks.push_back(*track);
  } else {
    for (uint8_t i = 0; i < options_.tracks.size(); ++i)
      tracks.push_back(i);
  }
  auto answer = self_->make_response_promise<msg<wire::TrackMembersList>>();
  with_nodes([this, answer, tracks](const known_nodes& nodes) mutable {
    answer.deliver(msg<wire::TrackMembersList>::build([&](wire::TrackMembersList::Builder out) {
      auto list = out.initTracks(static_cast<uint32_t>(tracks.size()));
      for (uint32_t i = 0; i < list.size(); ++i)
        list.setWithCaveats(i, *members_of(sight(), tracks[i], id_, nodes));
    }));
  });
  return answer;
}

caf::result<msg<wire::TrackMembers>> gate_shell::change_members(const msg<wire::ChangeMembers>& request) {
  if (auto error = not_yet())
    return error;
  auto track = track_named(as_view(request->getTrack()));
  if (!track)
    return track.error();
  std::map<std::string, wire::TrackMember::Reader> wanted;
  for (auto member : request->getMembers())
    if (!wanted.emplace(member.getNode().cStr(), member).second)
      return fail(ec::invalid, "/members: " + std::string{member.getNode().cStr()} + " is named twice");
  auto members = msg<wire::GateGeneration>::build([&](wire::GateGeneration::Builder out) {
    out.setNumber(1); // the core sets it
    out.setSlack(request->getSlack());
    auto list = out.initMembers(static_cast<uint32_t>(wanted.size()));
    uint32_t i = 0;
    for (const auto& [node, member] : wanted) {
      list[i].setNode(node);
      list[i].setWeight(member.getWeight());
      list[i++].setTier(member.getTier());
    }
  });
  auto refused = request->getForce() ? ask_core(gate::events::begin_line{*track, members})
                                     : ask_core(gate::events::change_members{*track, members});
  if (refused)
    return refused;
  auto answer = self_->make_response_promise<msg<wire::TrackMembers>>();
  when_durable([this, answer, track = *track] {
    with_nodes([this, answer, track](const known_nodes& nodes) mutable {
      answer.deliver(members_of(sight(), track, id_, nodes));
    });
  });
  return answer;
}

caf::result<msg<wire::TrackMembersList>> gate_shell::admit(const msg<wire::AdmitNode>& request) {
  if (auto error = not_yet())
    return error;
  for (uint8_t i = 0; i < options_.tracks.size(); ++i)
    if (!request->hasTrack() || as_view(request->getTrack()) == options_.tracks[i])
      step(gate::events::admit{i});
  auto query = msg<wire::TrackMembersQuery>::build([&](wire::TrackMembersQuery::Builder out) {
    if (request->hasTrack())
      out.setTrack(request->getTrack());
  });
  return members(query);
}

} // namespace hive
