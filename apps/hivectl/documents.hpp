#pragma once

#include <caf/expected.hpp>
#include <map>
#include <string>
#include <string_view>

namespace hive::ctl {

/// The members of a JSON object whose values are strings. For documents whose schema hivectl must not insist on:
/// problems (RFC 9457 lets servers add members) and files that the node is to judge. ec::malformed when `document` is
/// not a JSON object.
caf::expected<std::map<std::string, std::string>> text_members(std::string_view document);

/// The JSON object with its string member `name` set to `value`, added where it was not. ec::malformed likewise.
caf::expected<std::string> with_member(std::string_view document, const std::string& name, const std::string& value);

} // namespace hive::ctl
