#include "actors/upgrade/checker.hpp"

#include "actors/defaults.hpp"
#include "actors/upgrade/measurement_record.hpp"
#include "actors/upgrade/verdict/verdict_document.hpp"
#include "actors/upgrade/verdict/version_comparison.hpp"
#include "actors/upgrade/verdict_event.hpp"
#include "analysis/similar_names.hpp"
#include "messages/text.hpp"
#include "storage/measurement_store.hpp"
#include "storage/snapshot_store.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

/// Versions with a snapshot for which `version` may be a typo. Omits `other`, the query's other version.
caf::expected<std::vector<std::string>> find_similar(const snapshot_store& store, std::string_view version,
                                                     std::string_view other) {
  constexpr size_t most = 3;
  auto known = store.versions(defaults::max_similar_candidates);
  if (!known)
    return known.error();
  std::erase(*known, other);
  return analysis::similar_names(version, *known, most);
}

/// A missing snapshot is part of the comparison; any other failure to read one is an error.
caf::expected<version_side> find(const database& db, capnp::Text::Reader version, capnp::Text::Reader other) {
  snapshot_store store{db};
  auto found = store.latest(as_view(version));
  if (found)
    return version_side{std::move(*found), {}};
  if (code_of(found.error()) != ec::not_found)
    return found.error();
  auto similar = find_similar(store, as_view(version), as_view(other));
  if (!similar)
    return similar.error();
  return version_side{std::nullopt, std::move(*similar)};
}

/// Reads the newest paired measurement of the two versions that is no calibration, and the reference of the track.
caf::error find_more(const database& db, wire::UpgradeQuery::Reader query, check_inputs& out) {
  auto is_of_both = [&](wire::MeasureUpgrade::Reader request) {
    return request.getOld() == query.getOld() && request.getNew() == query.getNew() &&
           request.getTrack() == query.getTrack();
  };
  measurement_store measurements{db};
  auto damage = measurements.visit({}, [&](const msg<wire::PairedMeasurement>& each) {
    if (!is_of_both(each->getRequest()) || each->getStartedAt() == 0 || measurement_record::is_calibration(*each))
      return database::scan::next;
    out.measurement = each;
    return database::scan::stop;
  });
  if (damage)
    return damage;
  if (out.measurement)
    damage = measurements.visit_rounds(*number_of_measurement(as_view((*out.measurement)->getId())), {},
                                       [&](const msg<wire::MeasuredRound>& round) {
                                         out.rounds.push_back(round);
                                         return database::scan::next;
                                       });
  auto reference = reference_store{db}.find(as_view(query.getTrack()));
  if (damage || !reference)
    return damage ? damage : reference.error();
  if (!*reference || (**reference)->getVersion() == query.getOld())
    return caf::none;
  out.reference = (**reference)->getVersion().cStr();
  auto side = find(db, (**reference)->getVersion(), query.getNew());
  if (!side)
    return side.error();
  out.reference_side = std::move(*side);
  return caf::none;
}

caf::expected<check_inputs> find_inputs(const database& db, wire::UpgradeQuery::Reader query) {
  auto old_side = find(db, query.getOld(), query.getNew());
  if (!old_side)
    return old_side.error();
  auto new_side = find(db, query.getNew(), query.getOld());
  if (!new_side)
    return new_side.error();
  check_inputs out{std::move(*old_side), std::move(*new_side)};
  if (query.getPolicy() != wire::Policy::STATISTICAL)
    return out;
  if (auto error = find_more(db, query, out))
    return error;
  return out;
}

struct checker_state {
  static inline const char* name = "upgrade checker";

  verdict_deduplicator verdicts{defaults::max_told_verdicts};
};

upgrade_checker_actor::behavior_type checker(upgrade_checker_actor::stateful_pointer<checker_state> self,
                                             const upgrade_checker_services& services,
                                             const upgrade_checker_options& options) {
  auto tell = [self, services](const msg<wire::UpgradeCheck>& given) {
    if (auto event = self->state.verdicts.event_if_new(given))
      self->send(services.events, *event);
  };
  return {[=](const msg<wire::UpgradeQuery>& query) -> caf::result<msg<wire::UpgradeCheck>> {
            auto inputs = find_inputs(*services.db, *query);
            if (!inputs)
              return inputs.error();
            auto given = check_versions(*query, *inputs, options.rules);
            tell(given);
            return given;
          },
          [=](const msg<wire::AskForDocument>& asked) -> caf::result<msg<wire::VerdictDocument>> {
            auto document = document_stored(*services.db, asked->getCheck(), options);
            if (!document)
              return document.error();
            tell(msg<wire::UpgradeCheck>::copy_of((*document)->getResult()));
            return *document;
          }};
}

} // namespace

caf::expected<msg<wire::UpgradeCheck>> check_stored(const database& db, wire::UpgradeQuery::Reader query,
                                                    const upgrade_checker_options& options) {
  auto inputs = find_inputs(db, query);
  if (!inputs)
    return inputs.error();
  return check_versions(query, *inputs, options.rules);
}

caf::expected<msg<wire::VerdictDocument>> document_stored(const database& db, wire::UpgradeQuery::Reader query,
                                                          const upgrade_checker_options& options) {
  auto inputs = find_inputs(db, query);
  if (!inputs)
    return inputs.error();
  return make_document(query, *inputs, options.rules);
}

upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, upgrade_checker_services services,
                                            upgrade_checker_options options) {
  return system.spawn(checker, std::move(services), std::move(options));
}

} // namespace hive
