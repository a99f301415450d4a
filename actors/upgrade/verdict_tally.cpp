#include "actors/upgrade/verdict_tally.hpp"

#include <algorithm>
#include <limits>

namespace hive {
namespace {

size_t place_of(wire::Verdict verdict) {
  return static_cast<size_t>(static_cast<analysis::verdict>(verdict));
}

} // namespace

double track_verdicts::overruled_share() const {
  using enum analysis::verdict;
  auto blocking = given_of(regressed) + given_of(inconclusive);
  if (blocking == 0)
    return std::numeric_limits<double>::quiet_NaN();
  auto overruled_ones = overruled_of(regressed) + overruled_of(inconclusive);
  // A version may be made the reference again and again against the same verdict.
  return std::min(1.0, static_cast<double>(overruled_ones) / static_cast<double>(blocking));
}

track_verdicts& verdict_tally::of(std::string_view track) {
  auto found = tracks_.find(track);
  return found == tracks_.end() ? tracks_[std::string{track}] : found->second;
}

void verdict_tally::add_stored(measurement_number number, std::string_view track, analysis::verdict decided) {
  newest_ = std::max(newest_, number.value);
  ++of(track).given[static_cast<size_t>(decided)];
}

bool verdict_tally::add(measurement_number number, std::string_view track, analysis::verdict decided) {
  if (number.value <= newest_)
    return false;
  add_stored(number, track, decided);
  return true;
}

bool verdict_tally::add(std::string_view track, wire::ReferenceChange::Reader change) {
  if (change.getOverruled() == wire::Verdict::SAFE)
    return false;
  auto place = place_of(change.getOverruled());
  ++of(track).overruled[place];
  if (change.getMeasurement().size() == 0)
    ++of(track).given[place];
  return true;
}

} // namespace hive
