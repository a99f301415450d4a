#include "actors/benchmark/captures_in_work.hpp"

#include "messages/ec.hpp"

namespace hive {
namespace {

std::string describe(captures_in_work::kind what) {
  switch (what) {
  case captures_in_work::kind::capture:
    return "a capture of ";
  case captures_in_work::kind::import:
    return "an import of ";
  case captures_in_work::kind::deletion:
    break;
  }
  return "a deletion of a capture of ";
}

} // namespace

caf::error captures_in_work::reserve(const std::string& version, kind what, capture_id number) {
  if (auto found = entries_.find(version); found != entries_.end())
    return fail(ec::busy, describe(found->second.what) + version + " is running");
  if (what != kind::deletion && entries_.size() >= most_)
    return fail(ec::overloaded, std::to_string(entries_.size()) + " captures are running already");
  entries_.emplace(version, entry{what, number});
  return caf::none;
}

capture_id captures_in_work::running(const std::string& version) const {
  auto found = entries_.find(version);
  return found != entries_.end() && found->second.what == kind::capture ? found->second.number : capture_id{};
}

} // namespace hive
