#pragma once

#include "apps/hivectl/context.hpp"

#include <string>
#include <vector>

namespace hive::ctl::mcp {

/// An error's text with what to do about it, for the model that made the call.
std::string describe_failure(const caf::error& error, const session& s);

/// The names that `given` may have meant, or else the first ones of all, as the end of a sentence: `; did you mean a?`,
/// `; known are a, b and 3 more`. `nothing` for no names at all.
std::string describe_known(std::string_view given, const std::vector<std::string>& known, std::string_view nothing);

} // namespace hive::ctl::mcp
