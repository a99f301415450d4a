#include "actors/upgrade/checker.hpp"

#include "actors/defaults.hpp"
#include "actors/upgrade/check_answer.hpp"
#include "actors/upgrade/compared_side.hpp"
#include "actors/upgrade/explanation.hpp"
#include "actors/upgrade/measured_points.hpp"
#include "actors/upgrade/measurement_record.hpp"
#include "actors/upgrade/statistical.hpp"
#include "actors/upgrade/verdict_event.hpp"
#include "analysis/similar_names.hpp"
#include "analysis/upgrade_check.hpp"
#include "messages/snapshot.hpp"
#include "messages/text.hpp"
#include "storage/measurement_store.hpp"
#include "storage/snapshot_store.hpp"

#include <caf/all.hpp>
#include <capnp/message.h>
#include <span>
#include <unordered_map>

namespace hive {
namespace {

/// Adapters in an answer whose evidence is told, as in its schema.
constexpr size_t max_listed_measured = 1'000;

/// Adapters with evidence on either side, those of the new side first.
std::vector<std::string_view> find_measured(const compared_side& old_side, const compared_side& new_side) {
  auto out = new_side.measured();
  for (auto adapter : old_side.measured())
    if (!new_side.find_measured(adapter))
      out.push_back(adapter);
  out.resize(std::min(out.size(), max_listed_measured));
  return out;
}

void write(const compared_side& old_side, const compared_side& new_side, wire::UpgradeCheck::Builder answer) {
  auto adapters = find_measured(old_side, new_side);
  auto out = answer.initMeasured(static_cast<uint32_t>(adapters.size()));
  auto put_side = [](const analysis::adapter_point& from, wire::MeasuredSide::Builder to) {
    to.setQuality(static_cast<wire::RunQuality>(from.measured));
    to.setReason(from.disturbance);
  };
  for (uint32_t i = 0; i < out.size(); ++i) {
    out[i].setAdapter(std::string{adapters[i]});
    if (const auto* old_adapter = old_side.find_measured(adapters[i]))
      put_side(*old_adapter, out[i].initOld());
    if (const auto* new_adapter = new_side.find_measured(adapters[i]))
      put_side(*new_adapter, out[i].initNew());
  }
}

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
caf::error find_more(const database& db, wire::UpgradeQuery::Reader query, statistical_inputs& out) {
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

struct checker_state {
  static inline const char* name = "upgrade checker";

  verdict_deduplicator verdicts{defaults::max_told_verdicts};
};

upgrade_checker_actor::behavior_type checker(upgrade_checker_actor::stateful_pointer<checker_state> self,
                                             const upgrade_checker_services& services,
                                             const upgrade_checker_options& options) {
  return {[self, services, options](const msg<wire::UpgradeQuery>& query) -> caf::result<msg<wire::UpgradeCheck>> {
    auto given = check_stored(*services.db, *query, options);
    if (!given)
      return given.error();
    if (auto event = self->state.verdicts.event_if_new(*given))
      self->send(services.events, *event);
    return *given;
  }};
}

} // namespace

caf::expected<msg<wire::UpgradeCheck>> check_stored(const database& db, wire::UpgradeQuery::Reader query,
                                                    const upgrade_checker_options& options) {
  auto old_side = find(db, query.getOld(), query.getNew());
  if (!old_side)
    return old_side.error();
  auto new_side = find(db, query.getNew(), query.getOld());
  if (!new_side)
    return new_side.error();
  if (query.getPolicy() != wire::Policy::STATISTICAL)
    return compare_snapshots(query, *old_side, *new_side, options);
  statistical_inputs inputs{std::move(*old_side), std::move(*new_side), {}, {}, std::nullopt, {}};
  if (auto error = find_more(db, query, inputs))
    return error;
  return compare_by_samples(query, inputs, options);
}

msg<wire::UpgradeCheck> compare_snapshots(wire::UpgradeQuery::Reader query, const version_side& old_version,
                                          const version_side& new_version, const upgrade_checker_options& options) {
  compared_side old_side{as_view(query.getOld()), old_version, query.getPolicy(), options.rules};
  compared_side new_side{as_view(query.getNew()), new_version, query.getPolicy(), options.rules};
  auto result =
    analysis::check_upgrade(old_side.points(), new_side.points(), static_cast<analysis::policy>(query.getPolicy()),
                            static_cast<analysis::finding_order>(query.getOrder()));
  capnp::MallocMessageBuilder answer{words_of(result)};
  auto out = answer.initRoot<wire::UpgradeCheck>();
  out.setOld(query.getOld());
  out.setNew(query.getNew());
  out.setPolicy(query.getPolicy());
  write(result, out);
  write(old_side, new_side, out);
  return msg<wire::UpgradeCheck>::adopt(answer);
}

msg<wire::UpgradeCheck> compare_by_samples(wire::UpgradeQuery::Reader query, const statistical_inputs& inputs,
                                           const upgrade_checker_options& options) {
  constexpr auto policy = wire::Policy::STATISTICAL;
  compared_side old_side{as_view(query.getOld()), inputs.old_side, policy, options.rules};
  compared_side new_side{as_view(query.getNew()), inputs.new_side, policy, options.rules};
  compared_side reference{inputs.reference, inputs.reference_side, policy, options.rules};
  auto plan = analysis::look_plan::short_form;
  std::optional<measured_versions> measured; // whose samples the sides refer to
  if (inputs.measurement) {
    const auto& measurement = **inputs.measurement;
    plan = measurement_record::plan_of(measurement);
    measured.emplace(measurement_record::sides_of(measurement));
    for (const auto& round : inputs.rounds)
      measured->add(*round);
    old_side.add_measured(points_of(*measured, wire::RunSide::OLD, options.rules));
    new_side.add_measured(points_of(*measured, wire::RunSide::NEW, options.rules));
    if (as_view(measurement.getReference()) == inputs.reference && !inputs.reference.empty())
      reference.add_measured(points_of(*measured, wire::RunSide::REFERENCE, options.rules));
  }
  auto with_reference = inputs.reference.empty() ? std::nullopt : std::optional{reference.points()};
  auto compared = compare_statistically(old_side.points(), new_side.points(), with_reference, plan,
                                        static_cast<analysis::finding_order>(query.getOrder()));
  return compared.answer([&](wire::UpgradeCheck::Builder out) {
    out.setOld(query.getOld());
    out.setNew(query.getNew());
    out.setTrack(query.getTrack());
    if (!inputs.reference.empty())
      out.setReference(inputs.reference);
    if (inputs.measurement)
      out.setMeasurement((*inputs.measurement)->getId());
    write(old_side, new_side, out);
    auto sentences = explain(out.asReader());
    auto list = out.initExplanation(static_cast<uint32_t>(sentences.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, sentences[i]);
  });
}

upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, upgrade_checker_services services,
                                            upgrade_checker_options options) {
  return system.spawn(checker, std::move(services), std::move(options));
}

} // namespace hive
