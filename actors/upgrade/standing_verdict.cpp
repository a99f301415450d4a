#include "actors/upgrade/standing_verdict.hpp"

#include "actors/upgrade/measurement_record.hpp"
#include "messages/text.hpp"
#include "storage/measurement_store.hpp"

namespace hive {

caf::expected<std::optional<standing_verdict>> find_verdict(const database& db, const std::string& track,
                                                            const std::string& version, const std::string& reference,
                                                            const upgrade_checker_options& options) {
  std::optional<standing_verdict> out;
  if (reference.empty() || reference == version)
    return out;
  auto damage = measurement_store{db}.visit({}, [&](const msg<wire::PairedMeasurement>& each) {
    auto request = each->getRequest();
    if (as_view(request.getTrack()) != track || as_view(request.getNew()) != version ||
        !measurement_record::gives_verdict(*each))
      return database::scan::next;
    out = standing_verdict{each->getVerdict(), each->getId().cStr()};
    return database::scan::stop;
  });
  if (damage)
    return damage;
  if (out)
    return out;
  auto query = msg<wire::UpgradeQuery>::build([&](wire::UpgradeQuery::Builder to) {
    to.setOld(reference);
    to.setNew(version);
    to.setPolicy(wire::Policy::STATISTICAL);
    to.setTrack(track);
  });
  auto check = check_stored(db, *query, options);
  if (!check)
    return check.error();
  return std::optional{standing_verdict{(*check)->getVerdict(), {}}};
}

} // namespace hive
