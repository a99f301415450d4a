#include "actors/upgrade/reference_keeper.hpp"

#include "actors/defaults.hpp"
#include "actors/store/commit.hpp"
#include "actors/upgrade/measurement_record.hpp"
#include "actors/upgrade/standing_verdict.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/measurement_store.hpp"
#include "storage/snapshot_store.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <map>
#include <optional>

namespace hive {
namespace {

using maybe_reference = std::optional<msg<wire::Reference>>;

struct move {
  std::string track;
  std::string version;
  wire::ReferenceMover by;
  std::string reason;
  std::string measurement;
  wire::Verdict overruled = wire::Verdict::SAFE; ///< safe: none
};

msg<wire::Reference> moved(const maybe_reference& before, const move& to) {
  return msg<wire::Reference>::build([&](wire::Reference::Builder out) {
    out.setTrack(to.track);
    out.setVersion(to.version);
    auto kept = before ? std::min<uint32_t>((*before)->getHistory().size(), defaults::kept_reference_changes - 1) : 0;
    auto history = out.initHistory(kept + 1);
    history[0].setVersion(to.version);
    if (before)
      history[0].setPrevious((*before)->getVersion());
    history[0].setAt(now_unix_micros());
    history[0].setBy(to.by);
    history[0].setReason(to.reason);
    if (!to.measurement.empty())
      history[0].setMeasurement(to.measurement);
    history[0].setOverruled(to.overruled);
    for (uint32_t i = 0; i < kept; ++i)
      history.setWithCaveats(i + 1, (*before)->getHistory()[i]);
  });
}

class reference_keeper_state {
public:
  using pointer = reference_keeper_actor::stateful_pointer<reference_keeper_state>;
  using promise = caf::typed_response_promise<msg<wire::Reference>>;
  static inline const char* name = "reference_keeper";

  /// ec::corrupt when what is stored cannot be read.
  caf::error init(pointer self, reference_keeper_services services, reference_keeper_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    auto stored = reference_store{*services_.db}.all();
    if (!stored)
      return stored.error();
    for (const auto& each : *stored)
      tracks_.emplace(as_view(each->getTrack()), each);
    return count_stored();
  }

  caf::result<msg<wire::Reference>> find(const msg<wire::ReferenceQuery>& query) const {
    std::string track{as_view(query->getTrack())};
    auto found = tracks_.find(track);
    if (found == tracks_.end())
      return fail(ec::not_found, "track " + track + " has no reference version");
    return found->second;
  }

  msg<wire::ReferenceList> list() const {
    return msg<wire::ReferenceList>::build([&](wire::ReferenceList::Builder out) {
      auto tracks = out.initTracks(static_cast<uint32_t>(tracks_.size()));
      uint32_t at = 0;
      for (const auto& [track, reference] : tracks_)
        tracks.setWithCaveats(at++, *reference);
    });
  }

  caf::result<msg<wire::Reference>> move_by_operator(const msg<wire::MoveReference>& asked) {
    move to{std::string{as_view(asked->getTrack())},
            std::string{as_view(asked->getVersion())},
            wire::ReferenceMover::OPERATOR,
            std::string{as_view(asked->getReason())},
            {}};
    if (auto unknown = check_known(to.version))
      return unknown;
    auto found = tracks_.find(to.track);
    std::string reference = found == tracks_.end() ? "" : found->second->getVersion().cStr();
    auto verdict = find_verdict(*services_.db, to.track, to.version, reference, options_.check);
    if (!verdict)
      return verdict.error();
    if (*verdict && (*verdict)->verdict != wire::Verdict::SAFE) {
      to.overruled = (*verdict)->verdict;
      to.measurement = (*verdict)->measurement;
    }
    return store(to);
  }

  caf::result<msg<wire::Reference>> begin(const first_reference& asked) {
    if (auto found = tracks_.find(asked.track); found != tracks_.end())
      return found->second;
    return store({asked.track, asked.version, wire::ReferenceMover::FIRST, "the first measurement of the track", {}});
  }

  caf::result<msg<wire::Reference>> move_by_rule(const better_version& what) {
    if (auto found = tracks_.find(what.track);
        found != tracks_.end() && as_view(found->second->getVersion()) != what.than)
      return found->second;
    return store({what.track, what.version, wire::ReferenceMover::RULE, what.reason, what.measurement});
  }

  void count(const verdict_given& what) {
    auto number = number_of_measurement(what.measurement);
    if (number && tally_.add(*number, what.track, what.decided))
      show(what.track);
  }

private:
  caf::error count_stored() {
    for (const auto& [track, reference] : tracks_)
      for (auto change : reference->getHistory())
        tally_.add(track, change);
    auto damage = measurement_store{*services_.db}.visit({}, [this](const msg<wire::PairedMeasurement>& each) {
      if (measurement_record::gives_verdict(*each))
        tally_.add_stored(*number_of_measurement(as_view(each->getId())), as_view(each->getRequest().getTrack()),
                          static_cast<analysis::verdict>(each->getVerdict()));
      return database::scan::next;
    });
    for (const auto& [track, counts] : tally_.tracks())
      show(track);
    return damage;
  }

  void show(const std::string& track) const {
    if (options_.show)
      options_.show(track, tally_.tracks().at(track));
  }

  /// A version that a typing error made up would be judged against nothing for ever.
  caf::error check_known(const std::string& version) const {
    auto captured = snapshot_store{*services_.db}.summary(version);
    if (captured)
      return caf::none;
    if (code_of(captured.error()) != ec::not_found)
      return captured.error();
    bool is_measured = false;
    auto damage = measurement_store{*services_.db}.visit({}, [&](const msg<wire::PairedMeasurement>& each) {
      is_measured = as_view(each->getRequest().getOld()) == version || as_view(each->getRequest().getNew()) == version;
      return is_measured ? database::scan::stop : database::scan::next;
    });
    if (damage || is_measured)
      return damage;
    return fail(ec::not_found, "version " + version + " was neither captured nor measured on this node");
  }

  /// Later requests build on it at once; without it on disk the actor ends, so that nobody does.
  caf::result<msg<wire::Reference>> store(const move& to) {
    auto found = tracks_.find(to.track);
    if (found == tracks_.end() && tracks_.size() >= defaults::max_tracks)
      return fail(ec::overloaded, "this node has " + std::to_string(tracks_.size()) + " tracks, and no more fit");
    auto next = moved(found == tracks_.end() ? std::nullopt : std::optional{found->second}, to);
    tracks_[to.track] = next;
    auto given = self_->make_response_promise<msg<wire::Reference>>();
    write_set writes;
    reference_store::put(writes, next);
    commit(self_, services_.committer, std::move(writes))
      .then(
        [this, given, next, to](const committed&) mutable {
          if (tally_.add(to.track, next->getHistory()[0]))
            show(to.track);
          log::info("Reference version moved. track={} version={} reason={}", to.track, to.version,
                    printable(to.reason));
          given.deliver(next);
        },
        [this, given](const caf::error& error) mutable {
          given.deliver(error);
          self_->quit(error);
        });
    return given;
  }

  pointer self_ = nullptr;
  reference_keeper_services services_;
  reference_keeper_options options_;
  verdict_tally tally_;
  std::map<std::string, msg<wire::Reference>> tracks_; ///< by name; ahead of the disk by the writes that are under way
};

reference_keeper_actor::behavior_type reference_keeper(reference_keeper_state::pointer self,
                                                       reference_keeper_services services,
                                                       reference_keeper_options options) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services), std::move(options)))
    self->quit(error);
  return {
    [&state](const msg<wire::ReferenceQuery>& query) { return state.find(query); },
    [&state](const msg<wire::ReferenceListQuery>&) { return state.list(); },
    [&state](const msg<wire::MoveReference>& asked) { return state.move_by_operator(asked); },
    [&state](const first_reference& asked) { return state.begin(asked); },
    [&state](const better_version& what) { return state.move_by_rule(what); },
    [&state](const verdict_given& what) { state.count(what); },
  };
}

} // namespace

reference_keeper_actor spawn_reference_keeper(caf::actor_system& system, reference_keeper_services services,
                                              reference_keeper_options options) {
  return system.spawn(reference_keeper, std::move(services), std::move(options));
}

} // namespace hive
