#pragma once

#include "analysis/verdict.hpp"
#include "messages/upgrade.capnp.h"
#include "storage/measurement_store.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace hive {

/// Verdicts on the versions of a track, each list by `analysis::verdict`.
struct track_verdicts {
  std::array<uint64_t, 3> given{};
  std::array<uint64_t, 3> overruled{};

  uint64_t given_of(analysis::verdict which) const {
    return given[static_cast<size_t>(which)];
  }
  uint64_t overruled_of(analysis::verdict which) const {
    return overruled[static_cast<size_t>(which)];
  }

  /// Share of the verdicts other than safe that were overruled, at most 1; NaN when there were none.
  double overruled_share() const;
};

/// Counts what paired measurements said of versions, and how often an operator moved a reference against it. A move to
/// a version that was not measured is judged by what is stored, which counts as a verdict too: what is overruled was
/// given. Pure.
class verdict_tally {
public:
  /// A measurement that ended with a verdict. Each counts once: those that were stored come first, in any order, and
  /// later ones in the order of their numbers.
  void add_stored(measurement_number number, std::string_view track, analysis::verdict decided);
  /// Whether it is a new one.
  bool add(measurement_number number, std::string_view track, analysis::verdict decided);

  /// A move of the track's reference. Whether it overrules a verdict.
  bool add(std::string_view track, wire::ReferenceChange::Reader change);

  const std::map<std::string, track_verdicts, std::less<>>& tracks() const {
    return tracks_;
  }

private:
  track_verdicts& of(std::string_view track);

  uint64_t newest_ = 0; ///< number of the newest measurement that was counted
  std::map<std::string, track_verdicts, std::less<>> tracks_;
};

} // namespace hive
