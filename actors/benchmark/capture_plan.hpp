#pragma once

#include "actors/benchmark/adapter_table.hpp"
#include "actors/benchmark/capture.hpp"

#include <caf/expected.hpp>
#include <map>
#include <string>
#include <vector>

namespace hive {

/// What a capture consists of: adapters to be asked, and results that the caller gave.
struct capture_plan {
  std::vector<capture_member> members;
  std::vector<adapter_outcome> given; ///< in the order of the request

  /// The members' actors by their names.
  std::map<std::string, adapter_actor> handles() const;
};

/// What the request asks for: the adapters of its tier, or those of them that it names, except those whose results it
/// gives. ec::invalid when it names an adapter that is unknown or of another tier, gives the result of one that it
/// names, or gives a result in no known form; ec::no_data when nothing is left to capture.
caf::expected<capture_plan> plan_capture(wire::CaptureRequest::Reader request, const adapter_table& adapters);

} // namespace hive
