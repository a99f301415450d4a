#include "platform/work_limit.hpp"

#include "messages/ec.hpp"

#include <algorithm>
#include <caf/none.hpp>

namespace hive {

using std::chrono::milliseconds;

caf::error work_limit::check() const {
  if (stop.stop_requested())
    return fail(ec::unavailable, "the measurement was cancelled");
  if (clock::now() >= deadline)
    return fail(ec::timed_out, "the measurement exceeded its time limit");
  return caf::none;
}

milliseconds work_limit::at_most(milliseconds longest) const {
  if (deadline == clock::time_point::max())
    return longest;
  auto left = std::chrono::duration_cast<milliseconds>(deadline - clock::now());
  return std::clamp(left, milliseconds{1}, std::max(longest, milliseconds{1}));
}

} // namespace hive
