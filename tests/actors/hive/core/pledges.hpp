#pragma once

#include "actors/slot_topic.hpp"

#include <string>
#include <string_view>

namespace hive {

/// A test topic with contradictions: "BALLOT:WORD". Two different words for one ballot contradict each other.
inline constexpr slot_kind pledges{210};

inline std::string contradiction_of_pledges(const slot_content& one, const slot_content& other) {
  std::string_view earlier = *content_as<std::string>(one), later = *content_as<std::string>(other);
  auto ballot = earlier.substr(0, earlier.find(':'));
  if (ballot != later.substr(0, later.find(':')) || earlier == later)
    return {};
  return "two words for ballot " + std::string{ballot};
}

inline slot_rules pledge_rules() {
  slot_rules out;
  out.kind = pledges;
  out.name = "pledges";
  out.decode = [](std::string_view, std::string_view payload) { return make_content(std::string{payload}); };
  out.contradicts = contradiction_of_pledges;
  return out;
}

} // namespace hive
